import { pageDocument } from "./document.ts";

/** The page for the staff of a shop. */
export const counterDocument = pageDocument({
  title: "counter",
  script: "/gateway/pages/counter.js",
  bar: `<label id="choose-camera" hidden><span data-words="page.camera"></span> <select id="camera"></select></label>
<p id="camera-state" class="state" hidden></p>`,
  body: `<main id="signed-in" class="counter" hidden>
<h1 class="unseen" data-words="page.counter"></h1>
<section class="stage" aria-labelledby="stage-title">
<div class="heading"><h2 id="stage-title"><span id="stage-customer" data-words="stage.title"></span><span id="stage-aim" data-words="stage.aim" hidden></span></h2>
<button type="button" id="full-screen" class="plain" data-words="stage.full"></button></div>
<matchlight-guide id="customer"></matchlight-guide>
</section>
<div class="staff">
<p role="alert" class="trouble" id="trouble"></p>
<section id="result" aria-labelledby="result-title" hidden>
<div class="heading"><h2 id="result-title" data-words="result.title"></h2>
<button type="button" id="next" class="plain" data-words="result.next" hidden></button></div>
<matchlight-guide id="staff" audience="staff" without-buttons></matchlight-guide>
</section>
<section aria-labelledby="verify-title">
<h2 id="verify-title" data-words="verify.title"></h2>
<div class="photo">
<canvas id="preview" width="102" height="126" role="img"></canvas>
<div class="choice">
<p class="label" id="photo-label" data-words="verify.photo"></p>
<div class="row"><label class="file" for="photo"><input id="photo" type="file" accept="image/jpeg,image/png" aria-labelledby="photo-label photo-file"><span id="photo-file" data-words="verify.choose"></span></label>
<span id="samples" class="row"></span></div>
<p id="photo-name" class="note" data-words="verify.none"></p>
</div>
</div>
<div class="row"><button type="button" id="begin" class="first" data-words="verify.begin"></button>
<button type="button" id="stop" data-words="verify.stop" hidden></button></div>
<p class="note" data-words="verify.more"></p>
</section>
<section aria-labelledby="aim-title">
<h2 id="aim-title" data-words="aim.title"></h2>
<p class="note" data-words="aim.more"></p>
<div class="row"><button type="button" id="aim" data-words="aim.begin"></button>
<button type="button" id="aim-stop" data-words="aim.stop" hidden></button></div>
</section>
<section aria-labelledby="last-title">
<h2 id="last-title" data-words="last.title"></h2>
<p id="last-none" class="note" data-words="last.none"></p>
<table id="last" aria-labelledby="last-title" hidden><thead><tr><th scope="col" data-words="last.time"></th>
<th scope="col" data-words="last.result"></th><th scope="col" data-words="last.why"></th></tr></thead><tbody></tbody></table>
</section>
</div>
</main>`,
});

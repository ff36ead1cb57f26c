import { pageDocument } from "./document.ts";

/** The page for the operator of the cameras. */
export const fleetDocument = pageDocument({
  title: "fleet",
  script: "/gateway/pages/fleet.js",
  bar: "",
  body: `<main id="signed-in" class="fleet" hidden>
<section id="list" aria-labelledby="list-title">
<div class="heading"><h1 id="list-title" data-words="fleet.title"></h1><p id="counts" class="note" role="status"></p>
<label class="check"><input type="checkbox" id="needing"> <span data-words="fleet.needing"></span></label></div>
<p role="alert" class="trouble" id="trouble"></p>
<div class="scroll" tabindex="0" role="group" aria-labelledby="list-title">
<table id="cameras" aria-labelledby="list-title"><thead><tr>
${["camera", "shop", "state", "faults", "seen", "certificate", "release", "pack"]
  .map((name) => `<th scope="col" data-words="fleet.${name}"></th>`)
  .join("\n")}
</tr></thead><tbody></tbody></table></div>
<p id="none" class="note" data-words="fleet.none" hidden></p>
<div class="row"><button type="button" id="more" data-words="fleet.more" hidden></button></div>
</section>
<section id="one" aria-labelledby="one-title" hidden>
<div class="heading"><h1 id="one-title" tabindex="-1"></h1><a href="#" data-words="fleet.back"></a></div>
<dl id="facts" class="facts"></dl>
<h2 data-words="fleet.health"></h2>
<p id="health-at" class="note"></p>
<dl id="metrics" class="facts"></dl>
</section>
</main>`,
});

import { IMPORT_MAP } from "../../../guide/server/static-files.ts";

/** The static parts of a page. Elements have the names of their messages, because the language is not known yet. */
export interface PageParts {
  readonly title: string;
  /** The path of the page's module. */
  readonly script: string;
  /** HTML for the bar, beside the name. */
  readonly bar: string;
  readonly body: string;
}

const LANGUAGES = [
  ["en", "English"],
  ["zh-CN", "简体中文"],
  ["zh-TW", "繁體中文"],
] as const;

/** A page with a bar, a sign-in form and a main part, which is hidden until somebody has signed in. */
export function pageDocument({ title, script, bar, body }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Matchlight: ${title}</title>
<link rel="icon" href="/gateway/pages/icon.svg">
<link rel="stylesheet" href="/gateway/pages/style.css">
<script type="importmap">${IMPORT_MAP}</script>
<script type="module" src="${script}"></script>
</head>
<body>
<header>
<p class="brand">Matchlight</p>
${bar}
<label class="language"><span data-words="page.language"></span> <select id="language">
${LANGUAGES.map(([tag, name]) => `<option value="${tag}" lang="${tag}">${name}</option>`).join("\n")}
</select></label>
<button type="button" id="sign-out" class="plain" data-words="page.sign_out" hidden></button>
</header>
<noscript><p>This page needs JavaScript.</p></noscript>
<main id="sign-in" hidden>
<form>
<h1 data-words="sign_in.title"></h1>
<p data-words="sign_in.more" id="sign-in-more"></p>
<label><span data-words="sign_in.token"></span>
<input id="token" type="password" autocomplete="off" spellcheck="false" required aria-describedby="sign-in-more"></label>
<button type="submit" class="first" data-words="sign_in.button"></button>
<p role="alert" class="trouble" id="sign-in-trouble"></p>
</form>
</main>
${body}
</body>
</html>
`;
}

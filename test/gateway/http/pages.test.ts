import t from "tap";
import { pageRoutes } from "../../../gateway/http/routes/pages.ts";
import { LANGUAGES } from "../../../guide/words/language.ts";
import type { Catalogue } from "../../../guide/words/messages.ts";
import { productSources } from "../../support/product-sources.ts";
import { readText } from "../../support/sources.ts";

const SAMPLE = { name: "film_man", photo: Buffer.from([0xff, 0xd8]) };
const routes = await pageRoutes([SAMPLE]);

async function get(path: string, headers: Readonly<Record<string, string>> = {}) {
  const found = routes.find((one) => one.path === path);
  const signal = new AbortController().signal;
  const subject = { name: "", filter: { fleet: false, cameras: [], shops: [] } };
  const answer = await found?.handle({ params: {}, query: {}, body: {}, headers, signal, subject });
  return answer?.kind === "file" ? answer : undefined;
}

const textOf = async (path: string) => String((await get(path))?.body ?? "");

t.test("a page runs scripts of its own files only, and is shown in no frame", async (t) => {
  for (const path of ["/counter", "/fleet"]) {
    const policy = (await get(path))?.headers["content-security-policy"] ?? "";
    t.match(policy, "default-src 'none'; script-src 'self' 'sha256-");
    t.match(policy, "frame-ancestors 'none'");
    t.match(policy, "require-trusted-types-for 'script'");
    t.notMatch(policy, /unsafe|data:|https?:|\*/);
    const html = await textOf(path);
    const inline = [...html.matchAll(/<script(?![^>]*src=)[^>]*>/g)].map(([tag]) => tag);
    t.same(inline, ['<script type="importmap">'], "which is JSON");
    t.notMatch(html, /\son\w+=|style=/);
  }
});

t.test("the gateway's address alone leads to the counter's page", async (t) => {
  const { status, headers } = (await get("/")) ?? {};
  t.match({ status, location: headers?.["location"] }, { status: 302, location: "/counter" });
});

t.test("everything that a page names is served, and nothing is served by a path of its reader", async (t) => {
  const html = await textOf("/counter");
  for (const [, path = ""] of html.matchAll(/(?:src|href)="([^"]+)"/g)) t.ok(await get(path), path);
  t.same(
    routes.filter(({ path, access }) => access !== "anybody" || path.includes("{")),
    [],
  );
  t.same(JSON.parse(await textOf("/gateway/pages/samples.json")), ["film_man"]);
  t.same((await get("/gateway/pages/samples/film_man.jpg"))?.body, SAMPLE.photo);
});

t.test("a browser that has a file is not sent it again", async (t) => {
  const etag = (await get("/counter"))?.headers["etag"] ?? "";
  t.equal((await get("/counter", { "if-none-match": etag }))?.status, 304);
  t.equal((await get("/counter", { "if-none-match": '"old"' }))?.status, 200);
});

const catalogueOf = (language: string): Catalogue => JSON.parse(readText(`gateway/pages/catalogues/${language}.json`));

const namesOf = (catalogue: Catalogue) =>
  Object.entries(catalogue).flatMap(([group, messages]) => Object.keys(messages).map((name) => `${group}.${name}`));

t.test("every language has every word that the pages show", async (t) => {
  const english = namesOf(catalogueOf("en"));
  for (const language of LANGUAGES) t.same(namesOf(catalogueOf(language)), english, language);
  for (const path of ["/counter", "/fleet"]) {
    for (const [, name = ""] of (await textOf(path)).matchAll(/data-words="([^"]+)"/g))
      t.ok(english.includes(name), name);
  }
});

t.test("browsers get nothing of protocol/: it is imported as types only", async (t) => {
  const imports = productSources()
    .filter(({ path }) => path.startsWith("gateway/pages/"))
    .flatMap(({ text }) => text.match(/^(import|export) .*\/protocol\/.*$/gm) ?? []);
  t.ok(imports.length > 0);
  for (const line of imports) t.match(line, /^import type /);
});

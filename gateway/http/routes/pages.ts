import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentPolicy, filesBelow, inlineScripts, staticFiles } from "../../../guide/server/static-files.ts";
import { counterDocument } from "../documents/counter.ts";
import { fleetDocument } from "../documents/fleet.ts";
import { ICON } from "../documents/icon.ts";
import { STYLE } from "../documents/style.ts";
import { type Answer, type Route, route } from "../route.ts";

/** A photo that the counter's page offers for a first try, beside a file of the user. */
export interface Sample {
  readonly name: string;
  readonly photo: Uint8Array;
}

/** The path of the pages' modules. They import modules of the guide by relative paths of this repository. */
const ROOT = "/gateway/pages";
const SAMPLES = `${ROOT}/samples`;

/** The pages and all their files. They contain no secrets: they fetch all data with a token. */
export async function pageRoutes(samples: readonly Sample[]): Promise<readonly Route[]> {
  const files = new Map([...staticFiles(), ...filesBelow(join(import.meta.dirname, "..", "..", "pages"), ROOT)]);
  const served = [...files].map(async ([path, { file, type }]) => fileRoute(path, type, await readFile(file)));
  return [
    ...(await Promise.all(served)),
    ROOT_ROUTE,
    documentRoute("/counter", counterDocument),
    documentRoute("/fleet", fleetDocument),
    fileRoute(`${ROOT}/style.css`, "text/css; charset=utf-8", STYLE),
    fileRoute(`${ROOT}/icon.svg`, "image/svg+xml", ICON),
    fileRoute(`${SAMPLES}.json`, "application/json", JSON.stringify(samples.map(({ name }) => name))),
    ...samples.map(({ name, photo }) => fileRoute(`${SAMPLES}/${name}.jpg`, "image/jpeg", photo)),
  ];
}

function documentRoute(path: string, html: string): Route {
  const policy = `${contentPolicy(inlineScripts(html))}; img-src 'self'`;
  return fileRoute(path, "text/html; charset=utf-8", html, { "content-security-policy": policy });
}

const HEADERS = {
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
} as const;

/** A person who enters only the gateway's address is most likely at a counter. */
const ROOT_ROUTE = route({
  method: "GET",
  access: "anybody",
  path: "/",
  name: "/",
  summary: "Redirects to the counter's page.",
  answers: {},
  handle: async () => ({
    kind: "file",
    status: 302,
    body: Buffer.alloc(0),
    headers: { ...HEADERS, location: "/counter" },
  }),
});

/** All files are read at the start, so no request reaches the disk. */
function fileRoute(
  path: string,
  type: string,
  content: string | Uint8Array,
  more: Readonly<Record<string, string>> = {},
): Route {
  const body = Buffer.from(content);
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  const headers = { ...HEADERS, ...more, etag, "content-type": type };
  return route({
    method: "GET",
    access: "anybody",
    path,
    name: path,
    summary: "A file of the pages.",
    answers: {},
    async handle({ headers: asked }): Promise<Answer> {
      if (asked["if-none-match"] === etag) return { kind: "file", status: 304, body: Buffer.alloc(0), headers };
      return { kind: "file", status: 200, body, headers };
    },
  });
}

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { Test } from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { contentPolicy, IMPORT_MAP, inlineScripts, staticFiles } from "../../guide/server/static-files.ts";

/** Debian's browser; the tests download none. */
const CHROMIUM = "/usr/bin/chromium";

/** Why tests in a browser are skipped, where there is none. */
export const noBrowser = existsSync(CHROMIUM) ? false : `${CHROMIUM} is missing: apt-get install chromium`;

/** Pictures of pages, kept so that people can look at them. */
const SHOTS = join(PACKAGE_FOLDER, "dist", "screenshots");

export async function openBrowser(t: Test): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  t.teardown(() => browser.close());
  return browser;
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page wrote as errors: a refused script or style is among them. */
  readonly errors: readonly string[];
}

/** Opens a page and collects its errors. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1024, height: 600 }, ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  return { page, errors };
}

/** Serves one page with the element, under the policy of the product's own pages. Returns its address. */
export async function serveElement(t: Test, attributes: string): Promise<string> {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Guide</title>
    <meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css">
    <script type="importmap">${IMPORT_MAP}</script><script type="module" src="/guide/guide.js"></script></head>
    <body><main><matchlight-guide ${attributes}></matchlight-guide></main></body></html>`;
  const files = staticFiles();
  const server = createServer(({ url = "/" }, response) => {
    const found = files.get(url);
    const policy = { "content-security-policy": contentPolicy(inlineScripts(html)) };
    if (found) response.writeHead(200, { "content-type": found.type, ...policy }).end(readFileSync(found.file));
    else if (url === "/page.css")
      response.writeHead(200, { "content-type": "text/css" }).end("body{margin:0}main{height:100dvh}");
    else if (url === "/") response.writeHead(200, { "content-type": "text/html", ...policy }).end(html);
    else response.writeHead(204).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** Keeps a picture of a page as test output. */
export async function keepShot(page: Page, name: string): Promise<void> {
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** What axe-core finds wrong, in words. It is evaluated from outside the page, whose policy stays as it is. */
export async function findings(page: Page): Promise<readonly string[]> {
  await page.evaluate(readFileSync(AXE, "utf8"));
  const { violations }: AxeResults = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

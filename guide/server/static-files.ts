import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join, relative } from "node:path";

/** A file for browsers: its path and its type. */
export interface StaticFile {
  readonly file: string;
  readonly type: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** The packages that the element imports by name, and what depends on them. */
const VENDORS = {
  "intl-messageformat": undefined,
  "@formatjs/fast-memoize": "intl-messageformat",
  "@formatjs/icu-messageformat-parser": "intl-messageformat",
  "@formatjs/icu-skeleton-parser": "@formatjs/icu-messageformat-parser",
} as const;

type Vendor = keyof typeof VENDORS;

const vendors = Object.keys(VENDORS) as Vendor[];
const vendorPath = (name: Vendor) => `/vendor/${name}.js`;

/** The import map for these packages. A page contains it as an inline script. */
export const IMPORT_MAP = JSON.stringify({
  imports: Object.fromEntries(vendors.map((name) => [name, vendorPath(name)])),
});

/**
 * All files that a browser needs for the element, by the path of the URL. Other paths lead to no file, so a request cannot reach
 * other files.
 */
export function staticFiles(): ReadonlyMap<string, StaticFile> {
  return new Map([...filesBelow(join(import.meta.dirname, ".."), "/guide"), ...vendorFiles()]);
}

/** The files for browsers below a folder, by their paths below `root`. */
export function filesBelow(folder: string, root: string): ReadonlyMap<string, StaticFile> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(import.meta.dirname));
  return new Map(
    files.flatMap((file) => {
      const type = TYPES[extname(file)];
      return type ? [[`${root}/${relative(folder, file)}`, { file, type }]] : [];
    }),
  );
}

function vendorFiles(): readonly (readonly [string, StaticFile])[] {
  return vendors.map((name) => [vendorPath(name), { file: vendorFile(name), type: TYPES[".js"] ?? "" }]);
}

function vendorFile(name: Vendor): string {
  const user: Vendor | undefined = VENDORS[name];
  return createRequire(user ? vendorFile(user) : import.meta.url).resolve(name);
}

/**
 * The content policy of a page: scripts, styles and connections of its own origin, and nothing else. The inline scripts
 * (the import map) are named by their hashes.
 */
export function contentPolicy(inlineScripts: readonly string[]): string {
  const hashes = inlineScripts.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
  return [
    "default-src 'none'",
    `script-src 'self' ${hashes.join(" ")}`,
    "style-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** The inline scripts of a page. Pure. */
export function inlineScripts(page: string): readonly string[] {
  return [...page.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = ""]) => text);
}

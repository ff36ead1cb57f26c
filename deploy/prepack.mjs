/**
 * Run by npm before it packs @matchlight/protocol, carrier or guide, in the package's folder: puts what
 * `npm run build` made of the folder into its own dist. Inside the repository packages import each other by path, because
 * one build makes all of them; for others they do so by name (docs/adr/0021).
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const built = join("..", "dist", basename(process.cwd()));
if (!existsSync(built)) throw new Error(`${built} is missing: run \`npm run build\` in the repository's root first`);
rmSync("dist", { recursive: true, force: true });
copyFileSync(join("..", "LICENSE"), "LICENSE");

for (const path of readdirSync(built, { recursive: true, encoding: "utf8" })) {
  if (!/\.(js|json|d\.ts)$/.test(path) || path.startsWith("example.")) continue;
  const file = join("dist", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, published(readFileSync(join(built, path), "utf8")));
}

/** The same module as others get it: sister packages by their names, and no source map, because no sources come with it. */
function published(text) {
  return text
    .replace(/(["'])(?:\.\.\/)+protocol\/([\w./-]+)\.[jt]s\1/g, '"@matchlight/protocol/$2"')
    .replace(/^\/\/# sourceMappingURL=.*\n?/m, "");
}

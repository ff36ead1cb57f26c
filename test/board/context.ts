import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

interface Ignore {
  add(patterns: string): Ignore;
  ignores(path: string): boolean;
}

/** .dockerignore as Docker reads it. */
const dockerignore: (options?: object) => Ignore = createRequire(import.meta.url)("@balena/dockerignore");

/** The paths of all files that a builder would be sent, from the folder of the repository, sorted. */
export async function contextFiles(folder: string): Promise<readonly string[]> {
  const text = await readFile(join(folder, ".dockerignore"), "utf8");
  const ignore = dockerignore({ ignorecase: false }).add(text);
  const tops = [...text.matchAll(/^!([^/\n]+)/gm)].map(([, top = ""]) => top);
  const found: string[] = [];
  // Only what is named is looked into: the others are the largest folders there are.
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!tops.includes(entry.name)) continue;
    const paths = entry.isDirectory() ? await filesBelow(folder, entry.name) : [entry.name];
    found.push(...paths.filter((path) => !ignore.ignores(path)));
  }
  return found.sort();
}

async function filesBelow(folder: string, name: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, name), { withFileTypes: true });
  const inner = entries.map(async (entry) => {
    const path = join(name, entry.name);
    if (entry.name === "node_modules" || entry.name === "build") return [];
    return entry.isDirectory() ? filesBelow(folder, path) : [path];
  });
  return (await Promise.all(inner)).flat();
}

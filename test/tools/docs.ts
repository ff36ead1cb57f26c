import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { asyncApi } from "../support/asyncapi.ts";
import { balenaYml } from "../support/balena.ts";
import { pagesWithTables } from "../support/docs-tables.ts";
import { jsonSchemas } from "../support/json-schemas.ts";
import { bridgeConfiguration } from "../support/telemetry.ts";
import { makeVectors } from "../support/vectors.ts";

/**
 * `npm run docs`: writes what is made from the code. With `--vectors`, also new golden vectors, with new keys; with
 * `--more-vectors`, those that are not there yet, with the keys that are.
 */
const write = (path: string, text: string) => writeFileSync(join(PACKAGE_FOLDER, path), text);

for (const folder of ["schemas", "vectors", "pictures"])
  mkdirSync(join(PACKAGE_FOLDER, "docs", folder), { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  write(`docs/schemas/${name}.json`, `${JSON.stringify(schema, null, 2)}\n`);
}
for (const [path, text] of pagesWithTables()) write(path, text);
write("docs/asyncapi.yaml", asyncApi());
write("balena.yml", balenaYml());
write("deploy/telemetry/mqtt2prometheus.yaml", bridgeConfiguration());
if (process.argv.includes("--vectors")) {
  write("docs/vectors/vectors.json", `${JSON.stringify(await makeVectors(), null, 2)}\n`);
}
if (process.argv.includes("--more-vectors")) {
  const given = JSON.parse(readFileSync(join(PACKAGE_FOLDER, "docs/vectors/vectors.json"), "utf8"));
  write("docs/vectors/vectors.json", `${JSON.stringify(await makeVectors(given), null, 2)}\n`);
}

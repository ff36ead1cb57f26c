import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { asyncApi } from "../support/asyncapi.ts";
import { balenaYml } from "../support/balena.ts";
import { pagesWithTables } from "../support/docs-tables.ts";
import { jsonSchemas } from "../support/json-schemas.ts";
import { bridgeConfiguration } from "../support/telemetry.ts";
import { readArguments } from "../support/tool-arguments.ts";
import { makeVectors } from "../support/vectors.ts";

const HELP = `npm run docs -- [--vectors | --more-vectors]

Writes what is generated from the code: tables of documents, JSON schemas, asyncapi.yaml, balena.yml and the telemetry bridge's
configuration.

  --vectors       also replaces the golden vectors, and their keys
  --more-vectors  also adds the golden vectors that are missing, with the present keys
`;

const { values } = readArguments(HELP, {
  options: { vectors: { type: "boolean" }, "more-vectors": { type: "boolean" } },
});
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
if (values.vectors) {
  write("docs/vectors/vectors.json", `${JSON.stringify(await makeVectors(), null, 2)}\n`);
}
if (values["more-vectors"]) {
  const given = JSON.parse(readFileSync(join(PACKAGE_FOLDER, "docs/vectors/vectors.json"), "utf8"));
  write("docs/vectors/vectors.json", `${JSON.stringify(await makeVectors(given), null, 2)}\n`);
}

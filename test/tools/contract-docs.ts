import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { jsonSchemas } from "../../protocol/json-schemas.ts";
import { asyncApi } from "../support/asyncapi.ts";
import { bridgeConfiguration } from "../support/telemetry.ts";
import { makeVectors } from "../support/vectors.ts";

/** `npm run contract`: writes what is made from the code. With `--vectors`, also new golden vectors, with new keys. */
const docs = join(PACKAGE_FOLDER, "docs");
const write = (path: string, text: string) => writeFileSync(join(docs, path), text);

for (const folder of ["schemas", "vectors"]) mkdirSync(join(docs, folder), { recursive: true });
for (const [name, schema] of Object.entries(jsonSchemas())) {
  write(join("schemas", `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
write("asyncapi.yaml", asyncApi());
writeFileSync(join(PACKAGE_FOLDER, "deploy", "telemetry", "mqtt2prometheus.yaml"), bridgeConfiguration());
if (process.argv.includes("--vectors")) {
  write(join("vectors", "vectors.json"), `${JSON.stringify(await makeVectors(), null, 2)}\n`);
}

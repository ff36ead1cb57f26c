import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { readSignedPack } from "../../../cli/pack/signed.ts";
import { PACK_TOKEN_FILE } from "../../../models/pack/pack.ts";

const MANIFEST = "{}";
const sha256 = createHash("sha256").update(MANIFEST).digest("hex");
const claims = {
  ...{ v: 1, iat: 1, id: "int8", version: "1.0.0", hash: sha256 },
  files: [{ name: "manifest.json", sizeBytes: MANIFEST.length, sha256 }],
};
const token = `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;

t.test("a pack is sent as it was signed, or not at all", async (t) => {
  const folder = t.testdir({ "manifest.json": MANIFEST });
  await t.rejects(readSignedPack(folder), { message: /is not signed yet: matchlight pack sign/ });
  await writeFile(join(folder, PACK_TOKEN_FILE), token);
  t.match(await readSignedPack(folder), { token, claims, bytes: Buffer.from(MANIFEST) });
  await writeFile(join(folder, "manifest.json"), "{ }");
  await t.rejects(readSignedPack(folder), { message: /manifest\.json is not the file that was signed/ });
});

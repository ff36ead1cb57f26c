import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { writeKeyPair } from "../../../cli/fleet/key-pair.ts";

t.test("a key that exists is not overwritten, and the error says what to do", async (t) => {
  const folder = t.testdir({ "carrier.private.jwk": "in use" });
  await t.rejects(writeKeyPair(folder, "carrier", "for cameras"), {
    message: /carrier\.private\.jwk exists already and is not overwritten: name another folder with --out$/,
  });
  t.equal(await readFile(join(folder, "carrier.private.jwk"), "utf8"), "in use");
});

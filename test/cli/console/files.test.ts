import { join } from "node:path";
import t from "tap";
import { readJson, readNamed } from "../../../cli/console/files.ts";

t.test("a file that cannot be read, or is another one, is named with what it should be", async (t) => {
  const folder = t.testdir({ junk: "secret junk", number: "7", good: '{"kty":"OKP"}' });
  t.same(await readJson(join(folder, "good"), "a key"), { kty: "OKP" });
  await t.rejects(readNamed(join(folder, "none"), "a key"), /none cannot be read \(ENOENT\). It should be a key/);
  for (const name of ["junk", "number"]) {
    await t.rejects(
      readJson(join(folder, name), "a key"),
      new RegExp(`${name} contains no JSON object. It should be a key`),
    );
  }
  const error: Error = await readJson(join(folder, "junk"), "a key").catch((reason) => reason);
  t.notMatch(error.message, /secret/, "what it holds is not shown");
});

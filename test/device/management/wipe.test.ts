import { readdir } from "node:fs/promises";
import t from "tap";
import { holdsCamera, wipe } from "../../../device/management/wipe.ts";

t.test("only what a camera wrote is removed, and a folder without any is not a camera's", async (t) => {
  const strangers = t.testdir({ constructor: "a file of that name", lock: "", notes: "" });
  t.equal(await holdsCamera(strangers), false);
  t.same((await wipe(strangers)).wiped, []);
  t.same((await readdir(strangers)).toSorted(), ["constructor", "lock", "notes"]);
  t.equal(await holdsCamera(`${strangers}/none`), false);
  const camera = t.testdir({ "identity.json.damaged": "keys", notes: "" });
  t.equal(await holdsCamera(camera), true);
  t.match(await wipe(camera), {
    wiped: [{ what: /^identity\.json\.damaged: /, files: 1, sizeBytes: 4 }],
    left: ["notes"],
  });
  t.equal(await holdsCamera(camera), false);
});

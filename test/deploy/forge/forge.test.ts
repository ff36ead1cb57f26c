import t from "tap";
import { differences, forge, NETWORKS, shippedCalibration } from "../../../deploy/forge/forge.ts";
import { packFolder } from "../../../device/paths.ts";
import { readCalibrations, writeCalibrations } from "../../../models/forge/calibration-file.ts";
import { FORMS } from "../../../models/forge/recipe.ts";
import { readPack } from "../../../models/pack.ts";

const quiet = { tell: () => undefined, bar: () => () => undefined };

t.test("the shipped int8 pack is, byte for byte, what the forge makes of the published networks", async (t) => {
  const calibration = await shippedCalibration();
  const made = await forge(quiet, calibration, async () => (await readPack(packFolder("fp32"))).bytes);
  t.same(await differences(made, packFolder("int8")), []);
  t.same(await differences(made, packFolder("fp32")), [...made.files.keys()], "it would see another one");
  const sizeBytes = [...made.files.values()].reduce((sum, { length }) => sum + length, 0);
  t.ok(sizeBytes <= 2_500_000, `${sizeBytes} bytes in all`);
  t.equal(made.simplified.embedder.dropped, 1320);
});

t.test("a calibration survives being written down", async (t) => {
  const calibration = await shippedCalibration();
  t.same(readCalibrations(writeCalibrations(calibration)), calibration);
  for (const name of NETWORKS) {
    t.equal(calibration.networks[name].ranges.size > 0, FORMS[name] === "integers", `${name} has what it needs`);
  }
  t.throws(() => readCalibrations('{"pictures": 3}'), { name: "ForgeError" });
});

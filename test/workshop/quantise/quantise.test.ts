import { readFile } from "node:fs/promises";
import t from "tap";
import { packFolder } from "../../../device/process/package-folder.ts";
import { type NetworkName, readPack } from "../../../models/pack/pack.ts";
import { compareNetworks } from "../../../workshop/quantise/compare/compare.ts";
import { readCalibrations, writeCalibrations } from "../../../workshop/quantise/inputs/calibration-file.ts";
import {
  CALIBRATION_FILE,
  differences,
  keptCalibrations,
  NETWORKS,
  type Quantised,
  quantise,
  shippedCalibration,
} from "../../../workshop/quantise/quantise.ts";
import { FORMS, toInt8 } from "../../../workshop/quantise/recipe.ts";
import { writeOnnx } from "../../../workshop/quantise/write-onnx.ts";

const quiet = { print: () => undefined, bar: () => () => undefined };
const published = async () => (await readPack(packFolder("fp32"))).bytes;

t.test("the shipped int8 pack is, byte for byte, what quantising makes of the published networks", async (t) => {
  const calibration = await shippedCalibration();
  const lines: string[] = [];
  const made = await quantise(
    { ...quiet, print: (line) => lines.push(line) },
    { known: calibration, fetch: published },
  );
  t.same(await differences(made, packFolder("int8")), []);
  t.same(await differences(made, packFolder("fp32")), [...made.files.keys()], "it would see another one");
  const sizeBytes = [...made.files.values()].reduce((sum, { length }) => sum + length, 0);
  t.ok(sizeBytes <= 2_500_000, `${sizeBytes} bytes in all`);
  t.equal(made.simplified.embedder.dropped, 1320);
  for (const name of NETWORKS) t.match(lines.join("\n"), new RegExp(`^${name}: .* float original .* inputs`, "m"));
  for (const name of ["detector", "landmarks", "embedder"] as const) {
    await t.rejects(compareNetworks(quiet, made.source, new Map([[name, cut(made, name)]]), made.sample), {
      name: "QuantiseError",
      message: new RegExp(`^The quantised ${name} is not used: `),
    });
  }
});

/** A network made with ranges a quarter as wide as they should be. With half of them the detector is still near enough. */
function cut({ calibration, simplified, source }: Quantised, name: NetworkName): Uint8Array {
  const { ranges, steps } = calibration.networks[name];
  const narrow = [...ranges].map(([value, { low, high }]) => [value, { low: low / 4, high: high / 4 }] as const);
  const { preprocessing } = source.manifest.networks[name];
  return writeOnnx(toInt8(simplified[name].graph, FORMS[name], { steps, ranges: new Map(narrow) }, preprocessing));
}

t.test("networks that are calibrated anew leave the calibration of the others", async (t) => {
  const known = await shippedCalibration();
  t.same([...keptCalibrations(known, ["detector", "landmarks"]).keys()], ["embedder", "liveness"]);
  t.equal(keptCalibrations(known, ["detector"]).get("embedder"), known.networks.embedder);
  t.equal(keptCalibrations(known, []).size, NETWORKS.length);
  t.equal(keptCalibrations(undefined, []).size, 0);
});

t.test("a calibration survives being written down", async (t) => {
  const calibration = await shippedCalibration();
  t.same(readCalibrations(writeCalibrations(calibration)), calibration);
  t.equal(writeCalibrations(calibration), await readFile(CALIBRATION_FILE, "utf8"), "laid out as it is committed");
  for (const name of NETWORKS) {
    t.equal(calibration.networks[name].ranges.size > 0, FORMS[name] !== "weights", `${name} has what it needs`);
  }
  t.throws(() => readCalibrations('{"pictures": 3}'), { name: "QuantiseError" });
});

import t from "tap";
import { packFolder } from "../../../device/process/package-folder.ts";
import { unpackVector } from "../../../models/embedding/packed-vector.ts";
import { readPack } from "../../../models/pack/pack.ts";
import { CENTRE_LENGTH, compareCentre } from "../../../workshop/quantise/centre.ts";

async function shipped(pack: string) {
  const { centre } = (await readPack(packFolder(pack))).manifest.networks.embedder;
  if (!centre) throw new Error(`${pack} has no centre`);
  return centre;
}

t.test("both packs have one centre, as long as it was measured to be best", async (t) => {
  const centre = await shipped("fp32");
  t.same(await shipped("int8"), centre);
  const values = unpackVector(centre);
  t.ok(Math.abs(Math.hypot(...values) - CENTRE_LENGTH) < 0.002, `${Math.hypot(...values)}`);
});

t.test("a centre is told from another one", async (t) => {
  const centre = await shipped("fp32");
  t.match(await compareCentre(centre), { same: true });
  const bytes = new Int8Array(Buffer.from(centre.values, "base64"));
  const turned = Buffer.from(Int8Array.from(bytes, (value, i) => (i % 7 === 0 ? -value : value)).buffer);
  t.match(await compareCentre({ ...centre, values: turned.toString("base64") }), { same: false });
});

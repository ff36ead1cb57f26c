import t from "tap";
import { packVector, unpackVector } from "../../../models/embedding/packed-vector.ts";

t.test("a vector survives being packed to half a step, its signs too", async (t) => {
  const vector = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i) / 30);
  const packed = packVector(vector);
  const back = unpackVector(packed);
  t.equal(back.length, vector.length);
  t.ok(vector.every((value, i) => Math.abs(value - (back[i] ?? Number.NaN)) <= packed.scale * 0.51));
});

import t from "tap";
import { fit, normalsOf, readAttachment, readMesh } from "../../../../workshop/quantise/people/mesh.ts";

/** A square of one quad and a triangle beside it, as three.js' converter writes them: 11 is a quad, 10 a triangle. */
const SQUARE = {
  vertices: [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 2, 0, 0],
  uvs: [[0, 0, 1, 0, 1, 1, 0, 1]],
  faces: [11, 0, 1, 2, 3, 7, 0, 1, 2, 3, 10, 1, 4, 2, 5, 0, 1, 2],
};

t.test("a quad becomes two triangles, a triangle one, each with its material", async (t) => {
  const { triangles, vertices, uvs } = readMesh(SQUARE);
  t.same(triangles, [
    { points: [0, 1, 2], textured: [0, 1, 2], material: 7 },
    { points: [0, 2, 3], textured: [0, 2, 3], material: 7 },
    { points: [1, 4, 2], textured: [0, 1, 2], material: 5 },
  ]);
  t.equal(vertices.length, 15);
  t.equal(uvs.length, 8);
});

t.test("what else a face may carry is passed over", async (t) => {
  const bits = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128;
  const face = [bits, 0, 1, 2, 3, 7, 99, 0, 1, 2, 3, 98, 90, 91, 92, 93, 97, 80, 81, 82, 83];
  const { triangles } = readMesh({ ...SQUARE, faces: [...face, ...face] });
  t.equal(triangles.length, 4);
  t.same(triangles[2], { points: [0, 1, 2], textured: [0, 1, 2], material: 7 });
});

t.test("what is no mesh is refused", async (t) => {
  t.throws(() => readMesh({ vertices: "many" }), { name: "ZodError" });
  t.throws(() => readAttachment(SQUARE), { name: "ZodError" }, "an attachment says where it hangs");
});

t.test("an attachment moves with the points that it hangs on", async (t) => {
  const attachment = readAttachment({
    ...SQUARE,
    ...{ ref_vIdxs: [[0, 1, 2]], weights: [[0.5, 0.25, 0.25]], offsets: [[0, 0, 2]] },
  });
  t.same(fit(attachment, Float32Array.of(0, 0, 0, 4, 0, 0, 0, 8, 0)), Float32Array.of(1, 2, 2));
});

t.test("a surface faces where its corners go round against the clock", async (t) => {
  const { vertices, triangles } = readMesh(SQUARE);
  const normals = normalsOf(vertices, triangles);
  for (let point = 0; point < 5; point++) t.same(normals.slice(point * 3, point * 3 + 3), Float32Array.of(0, 0, 1));
});

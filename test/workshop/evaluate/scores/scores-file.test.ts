import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { rowsOf } from "../../../../workshop/evaluate/csv.ts";
import { allPairs } from "../../../../workshop/evaluate/scores/pairs.ts";
import { openScores } from "../../../../workshop/evaluate/scores/scores-file.ts";

t.test("a path with a comma or a quote is one cell", async (t) => {
  const paths = ["anna, jr/1.jpg", 'anna "a"/2.jpg', "bela/3.jpg"];
  const samples = paths.map((path) => ({ subject: path, path, file: path }));
  const file = join(t.testdir({}), "scores", "scores.csv");
  const scores = openScores(file, { name: "set", samples, pairs: allPairs(paths) });
  const template = Float32Array.of(1);
  scores.observe({ reference: template, probe: template, same: true, referenceAt: 0, probeAt: [1, 2] }, 0.5);
  scores.close();
  const [, row] = rowsOf(await readFile(file, "utf8"));
  t.same(row?.cells, ["anna, jr/1.jpg", 'anna "a"/2.jpg+bela/3.jpg', "1", "0.500000"]);
});

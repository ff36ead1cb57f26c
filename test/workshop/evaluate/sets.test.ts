import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { isLfwList, readLfwPairs, readPairs, readSubjects } from "../../../workshop/evaluate/sets.ts";
import { media } from "../../support/media.ts";

t.test("pictures lie at any depth below their subject, and links are followed", async (t) => {
  const folder = t.testdir({ anna: { 2019: {} }, elsewhere: {} });
  await copyFile(media.path("franck_02221.jpg"), join(folder, "anna", "2019", "one.jpg"));
  await writeFile(join(folder, "anna", "two.BMP"), "");
  await mkdir(join(folder, "set"));
  await symlink(join(folder, "anna"), join(folder, "set", "anna"));
  await symlink(join(folder, "set"), join(folder, "anna", "loop"));
  const { samples } = await readSubjects("set", join(folder, "set"));
  const paths = samples.map(({ path }) => path);
  t.ok(paths.includes("anna/2019/one.jpg") && paths.includes("anna/two.BMP"), String(paths));
  t.ok(samples.every(({ subject }) => subject === "anna"));
});

t.test("a list of Labeled Faces in the Wild has folds of genuine and impostor pairs", async (t) => {
  const folder = t.testdir({ "pairs.txt": "2\t1\nAnna\t1\t4\nAnna\t1\tBela\t2\nBela\t1\t2\nBela\t3\tAnna\t4\n" });
  const file = join(folder, "pairs.txt");
  t.equal(await isLfwList(file), true);
  const { samples, pairs } = await readLfwPairs("lfw", file, folder);
  t.same(
    [...pairs].map(({ same, fold }) => [same, fold]),
    [
      [true, 0],
      [false, 0],
      [true, 1],
      [false, 1],
    ],
  );
  t.equal(samples[1]?.path, "Anna/Anna_0004.jpg");
  await writeFile(file, "1 1\nAnna one two\n");
  await t.rejects(readLfwPairs("lfw", file, folder), /pair 1 should be "name n m"/);
});

t.test("an empty list is a mistake", async (t) => {
  const folder = t.testdir({ "none.csv": "a,b,same\n", "pairs.txt": "10 300\n" });
  await t.rejects(readPairs("none", join(folder, "none.csv"), folder), /no lines/);
  await t.rejects(readLfwPairs("none", join(folder, "pairs.txt"), folder), /no pairs/);
});

import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { isLfwList, readLabels, readLfwPairs, readPairs, readSubjects } from "../../../workshop/evaluate/sets.ts";
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

t.test("what a system puts beside pictures is no picture, and other files are counted", async (t) => {
  const folder = t.testdir({
    anna: { "one.jpg": "", "._one.jpg": "", "two.webp": "", "three.JFIF": "", "notes.txt": "" },
    __MACOSX: { "four.jpg": "" },
    ".cache": { "five.jpg": "" },
  });
  await symlink(join(folder, "gone.jpg"), join(folder, "anna", "link.jpg"));
  await symlink(join(folder, "gone"), join(folder, "bela"));
  const { samples, otherFiles } = await readSubjects("set", folder);
  t.same(
    samples.map(({ path }) => path),
    ["anna/link.jpg", "anna/one.jpg", "anna/three.JFIF"],
    "a link to nothing is there, to be reported when it is read",
  );
  t.equal(otherFiles, 2);
});

t.test("the person of a listed picture is the first folder after those that all share", async (t) => {
  const subjects = async (...lines: readonly string[]) => {
    const folder = t.testdir({ "pairs.csv": `a,b,same\n${lines.join("\n")}\n` });
    return (await readPairs("set", join(folder, "pairs.csv"), folder)).samples.map(({ subject }) => subject);
  };
  t.same(await subjects('set/anna/1.jpg,"set/bela, jr/2.jpg",0'), ["anna", "bela, jr"]);
  t.same(await subjects("./anna/frontal/1.jpg,bela/frontal/1.jpg,0"), ["anna", "bela"]);
  t.same(await subjects("anna/1.jpg,anna/2.jpg,1"), ["anna", "anna"]);
  t.same(await subjects("1.jpg,2.jpg,0"), ["1.jpg", "2.jpg"], "without a folder each picture is its own person");
});

t.test(
  "a picture with itself and a repeated line are left out and counted; a contradiction is a mistake",
  async (t) => {
    const folder = t.testdir({
      "pairs.csv": "a,b,same\n1.jpg,2.jpg,1\n1.jpg,2.jpg,1\n2.jpg,1.jpg,1\n1.jpg,1.jpg,1\n",
      "itself.csv": "a,b,same\n1.jpg,1.jpg,1\n",
      "both.csv": "a,b,same\n1.jpg,2.jpg,1\n1.jpg,2.jpg,0\n",
    });
    const read = (name: string) => readPairs("set", join(folder, name), folder);
    const { pairs, leftOut } = await read("pairs.csv");
    t.equal(pairs.genuine, 2, "the other way around it is another pair");
    t.same(leftOut, { withItself: 1, repeated: 1 });
    await t.rejects(read("itself.csv"), /names no pairs of two pictures/);
    await t.rejects(read("both.csv"), /1\.jpg and 2\.jpg both 1 and 0/);
  },
);

t.test("a path with two labels is a mistake", async (t) => {
  const folder = t.testdir({
    "twice.csv": "path,label\n1.jpg,print\n1.jpg,print\n",
    "both.csv": "path,label\n1.jpg,print\n2.jpg,print\n1.jpg,bonafide\n",
  });
  t.equal((await readLabels(join(folder, "twice.csv"), "label")).size, 1);
  await t.rejects(readLabels(join(folder, "both.csv"), "label"), /line 4: 1\.jpg is print/);
});

t.test("a list of Labeled Faces in the Wild has folds of genuine and impostor pairs", async (t) => {
  const folder = t.testdir({ "pairs.txt": "\uFEFF2\t1\nAnna\t1\t4\nAnna\t1\tBela\t2\nBela\t1\t2\nBela\t3\tAnna\t4\n" });
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

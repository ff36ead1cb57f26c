import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import t, { type Test } from "tap";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { encodeJpeg } from "../../../drivers/image/jpeg.ts";
import { addEvaluate } from "../../../workshop/commands/evaluate.ts";
import { media } from "../../support/media.ts";

const PEOPLE = {
  franck: ["franck_02221.jpg", "franck_04117.jpg", "franck_01829.jpg"],
  sean: ["SeanConnery.jpg", "sean_guru2_crop.jpg"],
  nobody: ["ironman.jpg"],
} as const;

/** A folder of subjects made of stills of the media package, with labels beside it. */
async function subjects(t: Test): Promise<string> {
  const folder = t.testdir({});
  for (const [name, stills] of Object.entries(PEOPLE)) {
    await mkdir(join(folder, "faces", name), { recursive: true });
    for (const still of stills) await copyFile(media.path(still), join(folder, "faces", name, still));
  }
  await writeFile(
    join(folder, "pairs.csv"),
    "a,b,same\nfranck/franck_02221.jpg,franck/franck_04117.jpg,1\nfranck/franck_02221.jpg,sean/SeanConnery.jpg,0\n",
  );
  await writeFile(
    join(folder, "groups.csv"),
    "path,group\nfranck/franck_02221.jpg,a\nfranck/franck_04117.jpg,a\nsean/SeanConnery.jpg,b\nelsewhere/1.jpg,c\n",
  );
  await writeFile(
    join(folder, "pad.csv"),
    "path,label\nfranck/franck_02221.jpg,bonafide\nsean/SeanConnery.jpg,print\n",
  );
  return folder;
}

/** One thread: a second one would load the networks again, for a few pictures. */
async function run(args: readonly string[]) {
  const program = join(PACKAGE_FOLDER, "dist", "workshop", "workshop.js");
  const child = spawn(process.execPath, [program, "evaluate", "--threads", "1", ...args]);
  let [out, complaint] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  const [code] = await once(child, "close");
  return { code, out, complaint };
}

/** What the command, run in this process, says of a mistake. */
async function refused(t: Test, args: readonly string[]): Promise<string> {
  const written = t.capture(process.stderr, "write", () => true);
  const program = new Command("workshop").exitOverride();
  addEvaluate(program);
  const code = await program.parseAsync(["evaluate", ...args], { from: "user" }).then(
    () => process.exitCode,
    (error: unknown) => (error instanceof CommanderError ? error.exitCode : error),
  );
  process.exitCode = undefined;
  t.equal(code, 1, args.join(" "));
  const said = written.args().flat().join("");
  written.restore();
  return said;
}

t.test("the command measures a folder of subjects, and writes tables and pictures", async (t) => {
  const folder = await subjects(t);
  const out = join(folder, "report");
  const labels = ["--groups", join(folder, "groups.csv"), "--pad", join(folder, "pad.csv")];
  const faces = join(folder, "faces");
  const { code, out: text, complaint } = await run(["--subjects", faces, ...labels, "--root", faces, "--out", out]);
  t.equal(code, 0, complaint);
  t.match(text, /failure to acquire/);
  t.match(text, /BPCER/);
  t.match(complaint, /6\/6/, "progress goes to standard error");
  const { matching, pad } = JSON.parse(await readFile(join(out, "report.json"), "utf8"));
  t.match(matching.pairs, { genuine: Number, impostor: Number });
  t.equal(matching.groups.groups[0].fnmr.trials, 2);
  t.equal(matching.groups.groups[1].fnmr.trials, 0, "a group of one picture has no genuine comparison");
  t.equal(matching.groups.groups.length, 2, "the set has no picture of the third");
  t.equal(matching.groups.unlabelled, 3);
  t.equal(pad.bpcer.trials, 1);
  for (const name of ["histogram", "det"]) {
    t.match(await readFile(join(out, `${name}.svg`), "utf8"), /^<svg[\s\S]*<\/svg>$/);
    const png = await readFile(join(out, `${name}.png`));
    t.ok(png.subarray(1, 4).equals(Buffer.from("PNG")) && png.length > 10_000, `${name}.png`);
  }
  t.match(await readFile(join(out, "tables.md"), "utf8"), /^\| threshold \|/m);
});

t.test("pairs are measured as JSON, and with several probes for each comparison", async (t) => {
  const folder = await subjects(t);
  const faces = join(folder, "faces");
  const { out, code } = await run(["--pairs", join(folder, "pairs.csv"), "--root", faces, "--json"]);
  t.equal(code, 0);
  t.same(JSON.parse(out).matching.pairs, { genuine: 1, impostor: 1 });
  const fused = await run(["--subjects", faces, "--probes", "2", "--json"]);
  t.equal(
    JSON.parse(fused.out).matching.pairs.genuine,
    5,
    "each of three against the two others, and two against each other",
  );
});

t.test("pictures that are missing or damaged are named, and more than that is a mistake", async (t) => {
  const folder = await subjects(t);
  const faces = join(folder, "faces");
  await writeFile(
    join(faces, "sean", "cut.jpg"),
    (await readFile(join(faces, "sean", "SeanConnery.jpg"))).subarray(0, 900),
  );
  const some = await run(["--subjects", faces]);
  t.equal(some.code, 0);
  t.match(some.out, /1 picture could not be read[\s\S]*sean\/cut\.jpg.*damaged/);
  t.match(some.out, /│ 6 +│/, "a file that cannot be read is no failure of a camera");
  const elsewhere = await run(["--pairs", join(folder, "pairs.csv")]);
  t.equal(elsewhere.code, 1);
  t.match(elsewhere.complaint, /none of the 3 pictures can be read, franck\/franck_02221\.jpg because ENOENT.*--root/);
  await writeFile(join(folder, "few.csv"), "path,label\nfranck/franck_02221.jpg,bonafide\nnot-there.jpg,print\n");
  const pad = await run(["--pad", join(folder, "few.csv"), "--root", faces]);
  t.match(pad.out, /no face found +│ not counted │ +│ 0[\s\S]*1 picture could not be read[\s\S]*not-there\.jpg/);
});

t.test("a set of which nothing can be acquired has a report, with its plots", async (t) => {
  const folder = t.testdir({ faces: { anna: {} } });
  for (const name of ["1.jpg", "2.jpg"]) {
    const grey = { width: 64, height: 64, data: new Uint8Array(64 * 64 * 3).fill(128) };
    await writeFile(join(folder, "faces", "anna", name), encodeJpeg(grey, 90));
  }
  const { code, out, complaint } = await run(["--subjects", join(folder, "faces"), "--out", join(folder, "out")]);
  t.equal(code, 0, complaint);
  t.match(out, /│ 2 +│ 100\.0 %/);
  const { matching } = JSON.parse(await readFile(join(folder, "out", "report.json"), "utf8"));
  t.same(matching.pairs, { genuine: 0, impostor: 0 });
  t.match(await readFile(join(folder, "out", "det.svg"), "utf8"), /^<svg[\s\S]*<\/svg>$/);
});

t.test("films have their rates in the JSON, and what could not be played", async (t) => {
  const folder = t.testdir({ "broken.mp4": "no film" });
  for (const [name, still] of [
    ["still", "franck_02221.jpg"],
    ["nobody", "ironman.jpg"],
  ] as const) {
    // A second of a film.
    const jpeg = await readFile(media.path(still));
    await writeFile(join(folder, `${name}.mjpeg`), Buffer.concat(Array.from({ length: 25 }, () => jpeg)));
  }
  await writeFile(
    join(folder, "films.csv"),
    ",file,kind,person\n0,broken.mp4,Live,a\n1,still.mjpeg,bonafide,b\n2,nobody.mjpeg,live,c\n",
  );
  const { code, out, complaint } = await run(["--films", join(folder, "films.csv"), "--json"]);
  t.equal(code, 0, complaint);
  t.match(JSON.parse(out).films, {
    attempts: [{ film: { name: "still.mjpeg" } }],
    rates: [{ kind: "bonafide", measure: "BPCER", people: 1, rate: { errors: 1, trials: 1 } }],
    unplayable: [{ path: "broken.mp4" }],
    withoutReference: ["nobody.mjpeg"],
  });
});

t.test("mistakes are named", async (t) => {
  const folder = await subjects(t);
  await writeFile(join(folder, "broken.csv"), "a,b,same\n\nx.jpg,y.jpg,perhaps\n");
  await writeFile(join(folder, "empty.csv"), "a,b,same\n");
  await mkdir(join(folder, "single", "franck"), { recursive: true });
  await copyFile(media.path(PEOPLE.franck[0]), join(folder, "single", "franck", "one.jpg"));
  await writeFile(join(folder, "elsewhere.csv"), "path,group\nfaces/franck/franck_02221.jpg,a\n");
  const complaints: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /nothing to measure/],
    [["--subjects", join(folder, "none")], /cannot be read/],
    [
      ["--subjects", join(folder, "faces"), "--groups", join(folder, "elsewhere.csv")],
      /names no picture of faces.*like/,
    ],
    [["--subjects", join(folder, "faces"), "--worst", "3"], /--worst requires --out/],
    [["--pairs", join(folder, "empty.csv"), "--root", folder], /no lines after its head/],
    [["--subjects", join(folder, "faces", "franck")], /holds no pictures/],
    [["--pairs", join(folder, "broken.csv")], /line 3: same should be 0 or 1/],
    [["--pairs", join(folder, "groups.csv")], /should begin with the line "a,b,same"/],
    [["--subjects", join(folder, "faces"), "--pack", "none"], /none/],
    [["--subjects", join(folder, "single")], /no subject has a picture besides a reference/],
    [["--subjects", join(folder, "faces"), "--reference", "poster"], /live, chip/],
  ];
  for (const [args, wanted] of complaints) t.match(await refused(t, args), wanted, args.join(" "));
});

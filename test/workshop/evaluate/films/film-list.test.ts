import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { isBonaFide, readFilmList } from "../../../../workshop/evaluate/films/film-list.ts";

async function listed(t: Test, csv: string) {
  const folder = t.testdir({ "a.mp4": "", "b.mp4": "" });
  await writeFile(join(folder, "films.csv"), csv);
  return readFilmList(join(folder, "films.csv"));
}

t.test("an empty first cell is a cell, and cells may be quoted", async (t) => {
  const films = await listed(
    t,
    '\uFEFF,file,notes,kind,person\r\n0,a.mp4,"dark, ""late""",live,P1\r\n,b.mp4,,print,P2\r\n',
  );
  t.match(films, [
    { name: "a.mp4", kind: "live", person: "P1" },
    { name: "b.mp4", kind: "print", person: "P2" },
  ]);
});

t.test("genuine films are those of people who were there, in both words and any case", async (t) => {
  const genuine = (kind: string) => isBonaFide({ kind });
  t.ok(["live", "Live-clip", "bonafide", "Bona fide", "BONA_FIDE"].every(genuine));
  t.notOk(["print", "replay", "deepfake", "not live", ""].some(genuine));
});

t.test("mistakes are named with their line", async (t) => {
  const head = "file,kind,person\n";
  await t.rejects(listed(t, "file,kind\na.mp4,live\n"), /header should name/);
  await t.rejects(listed(t, head), /names no film/);
  await t.rejects(listed(t, `${head}a.mp4,,P1\n`), /line 2: kind is empty/);
  await t.rejects(listed(t, `${head}a.mp4,live,P1\n\nb.mp4,live, \n`), /line 4: person is empty/);
  await t.rejects(listed(t, `${head}a.mp4,live,P1\na.mp4,print,P1\n`), /line 3: a\.mp4 is in line 2 already/);
  await t.rejects(listed(t, `${head}a.mp4,live,P1\nc.mp4,live,P1\nd.mp4,live,P2\n`), /no .*c\.mp4 and 1 more; --root/);
});

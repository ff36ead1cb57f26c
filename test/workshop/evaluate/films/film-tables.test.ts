import t from "tap";
import { filmTables, turnTable } from "../../../../workshop/evaluate/films/film-tables.ts";
import type { FilmAttempt } from "../../../../workshop/evaluate/films/films.ts";

const film = (person: string) => ({ file: `${person}.mp4`, name: `${person}.mp4`, kind: "live", person });
const attempt = (person: string, decision: "match" | "inconclusive"): FilmAttempt => ({
  film: film(person),
  fromSeconds: 0,
  sides: ["left"],
  verdict: { decision, frames: { looked: 1, used: 1 } },
  tookMs: 1_000,
  hints: [],
});
const turn = (side: "left" | "right") => ({ side, heldFrom: 5, from: 10, to: 13, degrees: 21.4 });

t.test("somebody with many attempts counts once in the rate by person", async (t) => {
  const many = Array.from({ length: 9 }, () => attempt("ann", "match"));
  const [table] = filmTables([...many, attempt("bob", "inconclusive")], "");
  t.match(table?.rows[0], ["live", "2", "10", /^BPCER 10\.0 %/, /^50\.0 %/]);
});

t.test("a film without a turn to each side cannot answer", async (t) => {
  const { rows } = turnTable([
    { film: film("ann"), turns: [turn("left"), turn("right")] },
    { film: film("bob"), turns: [turn("right")] },
  ]);
  t.match(rows[0], ["ann.mp4", "ann", /[ab]/, "1.0 (0.5; 0.3; 21)", "1.0 (0.5; 0.3; 21)", "yes"]);
  t.match(rows[1], ["bob.mp4", "bob", /[ab]/, "", "1.0 (0.5; 0.3; 21)", "cannot answer"]);
});

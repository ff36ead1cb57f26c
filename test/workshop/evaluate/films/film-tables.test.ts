import t from "tap";
import { filmRates } from "../../../../workshop/evaluate/films/film-rates.ts";
import { filmTables, turnTable } from "../../../../workshop/evaluate/films/film-tables.ts";
import type { FilmAttempt } from "../../../../workshop/evaluate/films/films.ts";

const film = (person: string) => ({ file: `${person}.mp4`, name: `${person}.mp4`, kind: "live", person });
const attempt = (
  person: string,
  decision: "match" | "inconclusive",
  tookMs = 1_000,
  moments: FilmAttempt["moments"] = {},
): FilmAttempt => ({
  film: film(person),
  fromSeconds: 0,
  sides: ["left"],
  verdict: { decision, frames: { looked: 1, used: 1 } },
  tookMs,
  moments,
  hints: [],
});
const turn = (side: "left" | "right") => ({ side, heldFrom: 5, from: 10, to: 13, degrees: 21.4 });

t.test("somebody with many attempts counts once in the rate by person", async (t) => {
  const many = Array.from({ length: 9 }, () => attempt("ann", "match"));
  const [table] = filmTables([...many, attempt("bob", "inconclusive")], "");
  t.match(table?.rows[0], ["live", "2", "10", /^BPCER 10\.0 %/, /^50\.0 %/]);
});

t.test("rates are counted by kind: genuine films without a match, attacks with one", async (t) => {
  const live = [attempt("ann", "match"), attempt("bob", "inconclusive")];
  const attack = { ...attempt("ann", "match"), film: { ...film("ann"), kind: "print" } };
  t.match(filmRates([...live, attack]), [
    { kind: "live", measure: "BPCER", people: 2, rate: { errors: 1, trials: 2 }, byPerson: { rate: 0.5 } },
    { kind: "print", measure: "APCER", people: 1, rate: { errors: 1, trials: 1 }, byPerson: { rate: 1 } },
  ]);
});

t.test("a half without people has the rate of its kind, of no trials", async (t) => {
  const [table] = filmTables([attempt("ann", "match")], "");
  const rates = table?.rows.map((row) => row[3]?.split(" ")[0]);
  t.same(rates, ["BPCER", "BPCER", "BPCER"]);
});

t.test("a film without a turn to each side cannot answer", async (t) => {
  const { rows } = turnTable([
    { film: film("ann"), turns: [turn("left"), turn("right")] },
    { film: film("bob"), turns: [turn("right")] },
  ]);
  t.match(rows[0], ["ann.mp4", "ann", /[ab]/, "1.0 (0.5; 0.3; 21)", "1.0 (0.5; 0.3; 21)", "yes"]);
  t.match(rows[1], ["bob.mp4", "bob", /[ab]/, "", "1.0 (0.5; 0.3; 21)", "cannot answer"]);
});

t.test("times are counted to and from a usable face and the first sign, of matches alone", async (t) => {
  const attempts = [
    attempt("ann", "match", 4_000, { usableAtMs: 1_000, signAtMs: 3_900 }),
    attempt("ann", "match", 2_000, { usableAtMs: 500, signAtMs: 1_900 }),
    attempt("bob", "inconclusive", 10_000, { usableAtMs: 0, signAtMs: 9_000 }),
    attempt("bob", "inconclusive", 10_000, { usableAtMs: 0 }),
  ];
  const [table] = filmTables(attempts, "");
  const of = (head: string) => table?.rows[0]?.[table.head.indexOf(head)];
  t.equal(of("ms to a usable face: median, 90 %"), "1000, 1000");
  t.equal(of("to the first sign"), "3900, 3900");
  t.equal(of("to a match"), "4000, 4000");
  t.equal(of("since a usable face"), "3000, 3000");
  t.equal(of("since the first sign"), "100, 100");
  t.equal(of("with a sign: matched"), "3: 2");
});

import type { TextTable } from "../../report/text-table.ts";
import { showPersonRate, showRate } from "../tables.ts";
import { isBonaFide } from "./film-list.ts";
import { errorsOf, isMatch } from "./film-rates.ts";
import { digestOf, type FilmAttempt, type FilmTurns, FRAMES_PER_SECOND } from "./films.ts";
import type { Moments } from "./play.ts";
import { BOTH_SIDES, canAnswer } from "./turns.ts";

/** The half that a person belongs to. Rules are chosen on one half and reported on the other. */
function halfOf(person: string): "a" | "b" {
  return digestOf(person) % 2 === 0 ? "a" : "b";
}

const ASKED_WITHIN_MS = 2_500;

/** The results of labelled films: a row for each kind, for all people and for each half. */
export function filmTables(attempts: readonly FilmAttempt[], title: string): readonly TextTable[] {
  const kinds = [...new Set(attempts.map(({ film }) => film.kind))];
  const rows = kinds.flatMap((kind) => {
    const all = attempts.filter(({ film }) => film.kind === kind);
    const halves = (["a", "b"] as const).map((half) => all.filter(({ film }) => halfOf(film.person) === half));
    const genuine = isBonaFide({ kind });
    return [
      rowOf(kind, all, genuine),
      rowOf(`  half a`, halves[0] ?? [], genuine),
      rowOf(`  half b`, halves[1] ?? [], genuine),
    ];
  });
  return [
    {
      title: `Films at ten frames a second, ${title}`,
      head: [
        "presented",
        "people",
        "attempts",
        "error",
        "by person",
        "no match",
        "suspected",
        "asked by 2.5 s",
        "with a sign: matched",
        "ms to a usable face: median, 90 %",
        "to the first sign",
        "to a match",
        "since a usable face",
        "since the first sign",
        "hints",
      ],
      rows,
    },
  ];
}

function rowOf(name: string, all: readonly FilmAttempt[], genuine: boolean): readonly string[] {
  const matches = all.filter(isMatch);
  const { measure, people, rate, byPerson } = errorsOf(all, genuine);
  const until = (moment: (moments: Moments) => number | undefined) =>
    quantilesOf(matches.map(({ moments }) => moment(moments) ?? Number.NaN).filter(Number.isFinite));
  const since = (from: (moments: Moments) => number | undefined) =>
    quantilesOf(matches.map(({ tookMs, moments }) => tookMs - (from(moments) ?? Number.NaN)).filter(Number.isFinite));
  const signed = all.filter(({ moments }) => moments.signAtMs !== undefined);
  const count = (is: (one: FilmAttempt) => boolean) => String(all.filter(is).length);
  return [
    name,
    String(people),
    String(all.length),
    `${measure} ${showRate(rate)}`,
    showPersonRate(byPerson),
    count(({ verdict }) => verdict.decision === "no_match"),
    count(({ verdict }) => verdict.suspected === true),
    count(({ moments: { askedAtMs = Number.POSITIVE_INFINITY } }) => askedAtMs <= ASKED_WITHIN_MS),
    `${signed.length}: ${signed.filter(isMatch).length}`,
    until(({ usableAtMs }) => usableAtMs),
    until(({ signAtMs }) => signAtMs),
    since(() => 0),
    since(({ usableAtMs }) => usableAtMs),
    since(({ signAtMs }) => signAtMs),
    hintsOf(all),
  ];
}

function quantilesOf(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(0) ?? "–";
  return `${at(0.5)}, ${at(0.9)}`;
}

/** The turns of each film: time in the film, duration, angle, and frontal time before the turn. */
export function turnTable(films: readonly FilmTurns[]): TextTable {
  return {
    title: "Turns that films have: at s (frontal before it, s; turning, s; degrees)",
    head: ["film", "person", "half", ...BOTH_SIDES, "can answer"],
    rows: films.map((one) => [
      one.film.name,
      one.film.person,
      halfOf(one.film.person),
      ...BOTH_SIDES.map((side) => showTurns(one.turns.filter((turn) => turn.side === side))),
      canAnswer(one.turns) ? "yes" : "cannot answer",
    ]),
  };
}

function showTurns(turns: readonly FilmTurns["turns"][number][]): string {
  const seconds = (frames: number) => (frames / FRAMES_PER_SECOND).toFixed(1);
  return turns
    .map(({ heldFrom, from, to, degrees }) => {
      return `${seconds(from)} (${seconds(from - heldFrom)}; ${seconds(to - from)}; ${degrees.toFixed(0)})`;
    })
    .join(", ");
}

function hintsOf(all: readonly FilmAttempt[]): string {
  const hints = all.flatMap((one) => one.hints);
  return [...new Set(hints)].map((hint) => `${hint} ${hints.filter((one) => one === hint).length}`).join(", ");
}

/** One row for each attempt, to find out the reasons. */
export function attemptTable(attempts: readonly FilmAttempt[]): TextTable {
  return {
    title: "Attempts",
    head: [
      "film",
      "from s",
      "sides",
      "decision",
      "reason",
      "ms",
      "usable face, sign at",
      "texture",
      "eyes, turn, mouth",
      "turns met",
      "similarity",
      "hints",
    ],
    rows: attempts.map(({ film, fromSeconds, sides, verdict, tookMs, hints, moments }) => [
      film.name,
      String(fromSeconds),
      sides.join(", "),
      `${verdict.decision}${verdict.suspected ? ", suspected" : ""}`,
      verdict.detail ?? verdict.reason ?? "",
      tookMs.toFixed(0),
      `${moments.usableAtMs ?? "–"}, ${moments.signAtMs ?? "–"}`,
      verdict.evidence?.texture?.toFixed(3) ?? "",
      Object.values(verdict.evidence?.signs ?? {}).join(", "),
      `${verdict.evidence?.turns.met ?? 0} of ${verdict.evidence?.turns.asked ?? 0}`,
      verdict.similarity?.toFixed(3) ?? "",
      hints.join(", "),
    ]),
  };
}

import type { TextTable } from "../report/text-table.ts";
import type { GroupsReport, MatchingReport, PadReport, PictureProblem } from "./report.ts";
import type { Rate } from "./scores/error-rates.ts";
import type { FoldsReport } from "./scores/folds.ts";
import { LEAST_PEOPLE, type PeopleRates, type PersonRate } from "./scores/people.ts";
import type { PairsLeftOut } from "./sets.ts";

/** What was compared, in a few words: `faces, pack int8 1.0.0, chip references, 3 pictures a probe`. */
export function titleOf({ set, pack, reference, probes, rules }: MatchingReport): string {
  const fused = probes > 1 ? `, ${probes} pictures a probe` : "";
  const all = rules === "none" ? ", without quality rules" : "";
  return `${set}, pack ${pack}, ${reference} references${fused}${all}`;
}

/** A rate with its interval: `2.62 % (1.43–4.75)`. */
export function showRate({ rate, low, high, trials }: Rate): string {
  if (trials === 0) return "no trials";
  return showInterval({ rate, low, high });
}

export function showInterval({ rate, low, high }: Pick<Rate, "rate" | "low" | "high">): string {
  return `${digits(rate)} % (${digits(low)}–${digits(high)})`;
}

/** A rate over people, with its interval if there are people enough for one. */
export function showPersonRate(rate: PersonRate | undefined): string {
  if (rate?.low === undefined || rate.high === undefined) return showShare(rate?.rate);
  return showInterval({ rate: rate.rate, low: rate.low, high: rate.high });
}

/** A share without an interval: `2.62 %`; undefined for no trials. */
export function showShare(share: number | undefined): string {
  return share === undefined ? "no trials" : `${digits(share)} %`;
}

function digits(share: number): string {
  const value = share * 100;
  return value >= 10 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

/** The tables of a report, in reading order. */
export function matchingTables(report: MatchingReport): readonly TextTable[] {
  const { pairs, failureToAcquire } = report;
  const overview: TextTable = {
    title: `${titleOf(report)}${interruption(report)}${leftOut(report)}`,
    head: ["pictures", "failure to acquire", "genuine pairs", "impostor pairs", "EER"],
    rows: [
      [
        String(failureToAcquire.trials),
        showRate(failureToAcquire),
        pairs.genuine.toLocaleString("en"),
        pairs.impostor.toLocaleString("en"),
        showShare(report.equalErrorRate),
      ],
    ],
  };
  const rates: TextTable = {
    title: "Error rates (95 % interval: Wilson; 0–3/n where no error was seen)",
    head: ["threshold", "for FMR", "similarity", "FMR", "FNMR", ""],
    rows: report.rates.map((row) => [
      row.from === "own" ? "this set's own" : "shipped",
      String(row.wantedFmr),
      row.from === "own" && row.fmr.trials === 0 ? "–" : row.threshold.toFixed(3),
      showRate(row.fmr),
      showRate(row.fnmr),
      row.established ? "" : "too few pairs to establish this rate",
    ]),
  };
  return [
    overview,
    ...problemsTable(report.unreadable, "could not be read"),
    ...problemsTable(report.notAcquired, "not compared"),
    rates,
    peopleTable(report.people),
    ...(report.folds ? [foldsTable(report.folds)] : []),
    ...(report.groups ? [groupsTable(report.groups)] : []),
  ];
}

/** The number of named pictures; the JSON names all. */
const NAMED = 5;

function peopleTable(people: readonly PeopleRates[]): TextTable {
  return {
    title: `By person (95 % interval: people resampled, from ${LEAST_PEOPLE} people on; where no pair matched, 0–3/n of the pairs)`,
    head: ["similarity", "people", "FMR", "FNMR, mean of people"],
    rows: people.map(({ threshold, people, fmr, fnmr }) => [
      threshold.toFixed(3),
      String(people),
      showPersonRate(fmr),
      showPersonRate(fnmr),
    ]),
  };
}

function foldsTable({ folds, pairs: { compared, of }, accuracy, standardError }: FoldsReport): TextTable {
  const some = compared < of ? `; published figures count all pairs, so they are no comparison` : "";
  return {
    title: `Accuracy over ${folds} folds, ${compared} of ${of} pairs, each at the threshold that is best on the others${some}`,
    head: ["accuracy", "standard error"],
    rows: [[`${(accuracy * 100).toFixed(2)} %`, `${(standardError * 100).toFixed(2)} %`]],
  };
}

export function problemsTable(
  problems: readonly PictureProblem[],
  what: string,
  noun: "picture" | "film" = "picture",
): readonly TextTable[] {
  if (problems.length === 0) return [];
  const rows = problems.slice(0, NAMED).map(({ path, problem }) => [path, problem]);
  const more = problems.length - rows.length;
  const count = problems.length === 1 ? `1 ${noun}` : `${problems.length} ${noun}s`;
  return [
    {
      title: `${count} ${what}`,
      head: [noun, "why"],
      rows: [...rows, ...(more > 0 ? [[`and ${more} more`, "--json names all"]] : [])],
    },
  ];
}

/** What of the labels says nothing about the pack. */
function leftOut({ otherFiles = 0, pairsLeftOut: { withItself, repeated } = NO_PAIRS }: MatchingReport): string {
  const counts = [
    [otherFiles, "files that are no JPEG, PNG or BMP"],
    [withItself, "pairs of a picture with itself"],
    [repeated, "pairs that the list repeats"],
  ] as const;
  const some = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return some.length > 0 ? `; left out: ${some.join(", ")}` : "";
}

const NO_PAIRS: PairsLeftOut = { withItself: 0, repeated: 0 };

function interruption({ partial, partialPairs, groupsLeftOut }: MatchingReport): string {
  const pictures = partial ? `, interrupted after ${partial.looked} of ${partial.of} pictures` : "";
  if (!partialPairs) return groupsLeftOut ? `${pictures}, interrupted before the groups` : pictures;
  const [compared, of] = [partialPairs.compared, partialPairs.of].map((count) => count.toLocaleString("en"));
  return `${pictures}, interrupted after ${compared} of ${of} pairs`;
}

function groupsTable({ threshold, groups, worstByBest, unlabelled }: GroupsReport): TextTable {
  const ratio = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(1));
  return {
    title: `Groups at the shipped threshold ${threshold}; impostors of the same group${
      unlabelled > 0 ? `; ${unlabelled} pictures are in none` : ""
    }`,
    head: ["group", "FMR", "FNMR"],
    rows: [
      ...groups.map(({ group, fmr, fnmr }) => [group, showRate(fmr), showRate(fnmr)]),
      ["worst by best", ratio(worstByBest.fmr), ratio(worstByBest.fnmr)],
    ],
  };
}

export function padTables(report: PadReport): readonly TextTable[] {
  const { pack, threshold, bpcer, apcer, nonResponses, partial } = report;
  const whole = partial ? `, interrupted after ${partial.looked} of ${partial.of} pictures` : "";
  return [
    {
      title: `Presentation attack detection by single pictures, pack ${pack}, liveness at least ${threshold}${whole}`,
      head: ["presentations", "rate", "", "of"],
      rows: [
        ["bona fide", "BPCER", showRate(bpcer), String(bpcer.trials)],
        ...apcer.map((one) => [one.species, "APCER", showRate(one), String(one.trials)]),
        ["no face found", "not counted", "", String(nonResponses)],
      ],
    },
    ...problemsTable(report.unreadable, "could not be read"),
  ];
}

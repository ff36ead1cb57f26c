import type { TextTable } from "../report/text-table.ts";
import type { MatchingReport, RatesRow } from "./report.ts";
import { showPersonRate, showRate, showShare } from "./tables.ts";

/** An evaluation of the model card: its result and its duration. */
export interface CardEntry {
  readonly report: MatchingReport;
  readonly seconds: number;
}

/** The false match rate of the card: the product's default. */
const SHIPPED_FMR = 1e-3;
const NOT_ENOUGH = "–";

/** The model card's main table: the results of the shipped pack with photos of chips, a row for each set. Pure. */
export function summaryTable(entries: readonly CardEntry[]): TextTable {
  const chips = entries.filter(
    ({ report: { pack, reference } }) => pack === entries[0]?.report.pack && reference === "chip",
  );
  return {
    title: `Pack ${chips[0]?.report.pack ?? NOT_ENOUGH}, references as on an ID card's chip (95 % intervals)`,
    head: [
      "set",
      "people",
      "genuine, impostor pairs",
      "picture refused",
      "right person missed",
      "stranger matched, at most",
    ],
    rows: chips.map(({ report }) => {
      const { at, people } = shippedOf(report);
      return [
        report.set,
        String(people?.people ?? NOT_ENOUGH),
        pairsOf(report),
        showShare(report.failureToAcquire.rate),
        at ? showRate(at.fnmr) : NOT_ENOUGH,
        people?.fmr?.high === undefined ? NOT_ENOUGH : showShare(people.fmr.high),
      ];
    }),
  };
}

/** The rates at the shipped threshold, by pair and by person. */
function shippedOf(report: MatchingReport) {
  const at = rowOf(report, "shipped", SHIPPED_FMR);
  return { at, people: report.people.find(({ threshold }) => threshold === at?.threshold) };
}

function pairsOf({ pairs }: MatchingReport): string {
  return `${pairs.genuine.toLocaleString("en")}, ${pairs.impostor.toLocaleString("en")}`;
}

/** The tables of the measurement: two for each pack and kind of reference, in the order of measurement. Pure. */
export function cardTables(entries: readonly CardEntry[]): readonly TextTable[] {
  return [...new Set(entries.map(titleOf))].flatMap((title) => {
    const measured = entries.filter((entry) => titleOf(entry) === title);
    return [shippedTable(title, measured), ownTable(title, measured)];
  });
}

function titleOf({ report: { pack, reference } }: CardEntry): string {
  return `Pack ${pack}, ${reference} references`;
}

function shippedTable(title: string, entries: readonly CardEntry[]): TextTable {
  const threshold = entries[0] && rowOf(entries[0].report, "shipped", SHIPPED_FMR)?.threshold;
  return {
    title: `${title}, pairs and rates at the shipped threshold ${threshold ?? NOT_ENOUGH} (95 % intervals)`,
    head: ["set", "genuine, impostor", "failure to acquire", "EER", "FNMR", "FMR", "FNMR by person", "FMR over people"],
    rows: entries.map(({ report }) => {
      const { at, people } = shippedOf(report);
      return [
        report.set,
        pairsOf(report),
        showShare(report.failureToAcquire.rate),
        showShare(report.equalErrorRate),
        at ? showRate(at.fnmr) : NOT_ENOUGH,
        at ? showRate(at.fmr) : NOT_ENOUGH,
        people ? showPersonRate(people.fnmr) : NOT_ENOUGH,
        people ? showPersonRate(people.fmr) : NOT_ENOUGH,
      ];
    }),
  };
}

function ownTable(title: string, entries: readonly CardEntry[]): TextTable {
  const heads = [1e-3, 1e-4].flatMap((fmr) => [`own, FMR ${fmr.toExponential()}`, "FNMR there"]);
  return {
    title: `${title}, at each set's own thresholds; what the evaluation took`,
    head: ["set", ...heads, "pictures", "seconds"],
    rows: entries.map(({ report, seconds }) => [
      report.set,
      ...own(report, 1e-3),
      ...own(report, 1e-4),
      String(report.failureToAcquire.trials),
      seconds.toFixed(0),
    ]),
  };
}

/** A set's own threshold for a rate, and its FNMR. Too few pairs give no answer. */
function own(report: MatchingReport, fmr: number): readonly [threshold: string, fnmr: string] {
  const row = report.pairs.impostor * fmr >= 1 ? rowOf(report, "own", fmr) : undefined;
  return row ? [row.threshold.toFixed(3), showRate(row.fnmr)] : [NOT_ENOUGH, NOT_ENOUGH];
}

function rowOf({ rates }: MatchingReport, from: RatesRow["from"], fmr: number): RatesRow | undefined {
  return rates.find((row) => row.from === from && row.wantedFmr === fmr);
}

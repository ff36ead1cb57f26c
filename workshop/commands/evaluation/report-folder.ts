import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Matching } from "../../evaluate/evaluate.ts";
import { drawWorst } from "../../evaluate/scores/worst.ts";
import { titleOf } from "../../evaluate/tables.ts";
import { drawHistogram, drawTradeOff, type Mark } from "../../report/plot.ts";
import { drawPng } from "../../report/png.ts";
import { markdownOf, type TextTable } from "../../report/text-table.ts";
import type { MatchingOfSet } from "./matching.ts";

/** Writes the report, its tables and its pictures into a folder. Gives the names of the files. */
export async function writeReport(
  out: string,
  json: string,
  tables: readonly TextTable[],
  matching: MatchingOfSet | undefined,
): Promise<readonly string[]> {
  await mkdir(out, { recursive: true });
  const files = new Map<string, string | Uint8Array>([
    ["report.json", `${json}\n`],
    ["tables.md", markdownOf(tables)],
  ]);
  const sheet = matching && matching.worst.genuine.length + matching.worst.impostor.length > 0;
  if (sheet) files.set("worst.png", drawPng(await drawWorst(matching.worst, matching.set.samples)));
  for (const [name, svg] of matching ? drawAll(matching) : []) {
    files.set(`${name}.svg`, svg);
    files.set(`${name}.png`, drawPng(svg));
  }
  for (const [name, content] of files) await writeFile(join(out, name), content);
  return [...files.keys()];
}

function drawAll({ report, scores }: Matching): ReadonlyMap<string, string> {
  const title = titleOf(report);
  const marks = report.rates
    .filter(({ from }) => from === "shipped")
    .map(({ threshold, wantedFmr }): Mark => ({ threshold, label: `${threshold} for FMR ${wantedFmr}` }));
  return new Map([
    ["histogram", drawHistogram(title, scores, marks)],
    ["det", drawTradeOff(title, report.curve, scores, marks)],
  ]);
}

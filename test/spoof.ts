import { parseArgs } from "node:util";
import { progressBar } from "../deploy/cli/progress.ts";
import { printTable } from "../deploy/cli/table.ts";
import { interval95 } from "../models/forge/measure.ts";
import { SPECIES } from "./support/attack-film.ts";
import { type Attempt, openStand } from "./support/attempts.ts";

const HELP = `npm run spoof -- [--attempts N] [--fps N] [--timeout MS] [--seed N] [--species name,…]

Holds still pictures of the films' men before the camera, N times for each species and man (default 4), and lets the
men themselves be verified as often. Prints how many ended in a match, with the 95 % bound. No network is left out; the
clock is the film's, so figures do not depend on this machine's speed.
`;

const { values } = parseArgs({
  options: {
    attempts: { type: "string", default: "4" },
    fps: { type: "string", default: "12" },
    timeout: { type: "string", default: "10000" },
    seed: { type: "string", default: "1000" },
    species: { type: "string", default: SPECIES.join(",") },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  const attempts = Number(values.attempts);
  await using stand = await openStand({ framesPerSecond: Number(values.fps), timeoutMs: Number(values.timeout) });
  const species = SPECIES.filter((one) => values.species.split(",").includes(one));
  const total = (species.length + species.length) * attempts * stand.men.length;
  const progress = progressBar("verifications");
  let done = 0;
  const results = new Map<string, Attempt[]>();
  const note = (row: string, attempt: Attempt) => {
    results.set(row, [...(results.get(row) ?? []), attempt]);
    progress(++done, total);
  };
  for (const man of stand.men) {
    for (const [i, one] of species.entries()) {
      for (let n = 0; n < attempts; n++) {
        const seed = Number(values.seed) + n * species.length + i;
        note(one, await stand.attack(man, one, seed));
        note(`live: ${man.name}`, await stand.live(man, (n * species.length + i) / (attempts * species.length)));
      }
    }
  }
  const rows = [...results].sort(([a], [b]) => Number(a.startsWith("live")) - Number(b.startsWith("live")));
  printTable(
    ["presented", "attempts", "matches", "share (95 %)", "ms to match: median, 95th", "otherwise"],
    rows.map(rowOf),
  );
  return [...results].some(([row, all]) => !row.startsWith("live") && all.some(isMatch)) ? 1 : 0;
}

const isMatch = ({ verdict }: Attempt) => verdict.decision === "match";

function rowOf([row, all]: readonly [string, readonly Attempt[]]): readonly string[] {
  const matches = all.filter(isMatch);
  const { low, high } = interval95(matches.length, all.length);
  const times = matches.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))]?.toFixed(0) ?? "–";
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  const others = all.filter((one) => !isMatch(one)).map(({ verdict }) => verdict.reason ?? verdict.decision);
  const counted = [...new Set(others)].map((reason) => `${reason} ${others.filter((one) => one === reason).length}`);
  return [
    ...[row, String(all.length), String(matches.length)],
    `${percent(matches.length / all.length)} (${percent(low)}–${percent(high)})`,
    ...[`${at(0.5)}, ${at(0.95)}`, counted.join(", ")],
  ];
}

if (values.help) process.stdout.write(HELP);
else process.exitCode = await main();

import type { TextTable } from "../report/text-table.ts";
import { EMBEDDER, FOLLOWED, FRAME } from "./messages.ts";
import {
  type BenchReport,
  type ContenderReport,
  PEERS_OUTPUTS,
  type RatioReport,
  STAGES,
  type VerificationReport,
} from "./report.ts";
import type { Spread } from "./statistics.ts";

/** The tables of a report, in reading order. A table without rows is left out. */
export function benchTables({ machine, contenders, ratios, verifications }: BenchReport): readonly TextTable[] {
  const own = contenders.filter(({ stages }) => stages.length > 1);
  return [
    frameTable(contenders, machine),
    stageTable(own),
    ratioTable(ratios),
    verificationTable(verifications),
  ].filter(({ rows }) => rows.length > 0);
}

function frameTable(contenders: readonly ContenderReport[], machine: string): TextTable {
  return {
    title: `One scored frame, 1280×720, from the JPEG to all outputs; one thread; ${machine}`,
    head: ["contender", "ms: median (quartiles)", "processor ms", "memory of the process, MB"],
    rows: contenders.map(({ what, stages, residentMegabytes }) => {
      const frame = stages.find(({ stage }) => stage === FRAME);
      return [what, show(frame?.wallMs), show(frame?.cpuMs), residentMegabytes.toFixed(0)];
    }),
  };
}

/** The names of stages in tables, if they differ from the stage. */
const STAGE_NAMES: ReadonlyMap<string, string> = new Map([
  [EMBEDDER, "the embedder's network alone"],
  [PEERS_OUTPUTS, "what the peers give, too: the stages together"],
  [FRAME, "a first frame, all of it"],
  [FOLLOWED, "a frame in which the face is followed"],
]);

function stageTable(own: readonly ContenderReport[]): TextTable {
  return {
    title: "Stages of Matchlight, processor ms: median (quartiles)",
    head: ["stage", ...own.map(({ name }) => name)],
    rows: STAGES.map((stage) => [
      STAGE_NAMES.get(stage) ?? stage,
      ...own.map((one) => show(one.stages.find((found) => found.stage === stage)?.cpuMs)),
    ]),
  };
}

function ratioTable(ratios: readonly RatioReport[]): TextTable {
  return {
    title: "Ratios: median (quartiles) over the rounds",
    head: ["times more", "on the clock", "of the processor", "wanted"],
    rows: ratios.map(({ what, wall, cpu, goal }) => [what, show(wall), show(cpu), goal ? `at least ${goal}` : ""]),
  };
}

function verificationTable(verifications: readonly VerificationReport[]): TextTable {
  return {
    title:
      "Verifications of the right person on a film at its own pace: service in a process of its own, broker, carrier",
    head: [
      "pack",
      "verifications",
      "ended as",
      "ms to the verdict",
      "frames looked at",
      "used",
      "memory of the service, MB",
    ],
    rows: verifications.map(({ pack, decisions, verdictMs, looked, used, residentMegabytes }) => [
      pack,
      String(verdictMs.count),
      decisions.join(", "),
      show(verdictMs, 0),
      show(looked, 0),
      show(used, 0),
      residentMegabytes?.toFixed(0) ?? "not known here",
    ]),
  };
}

function show(spread: Spread | undefined, digits = 2): string {
  if (!spread || Number.isNaN(spread.median)) return "–";
  const text = (value: number) => value.toFixed(value >= 100 ? 0 : value >= 10 ? Math.min(1, digits) : digits);
  return `${text(spread.median)} (${text(spread.low)}–${text(spread.high)})`;
}

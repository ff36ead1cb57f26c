import { type Command, InvalidArgumentError, Option } from "commander";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import type { Outcome } from "./play.ts";

/** `matchlight demo`: verifications on real films, without any other set-up. */
export function addDemo(program: Command): void {
  program
    .command("demo")
    .description(
      "Run verifications on films of real people: real networks, a broker in this process, the light as text.",
    )
    .option("--json", "print one JSON line for each scenario and nothing else")
    .option("--gateway", "play one verification over HTTP, through a carrier's gateway on this machine")
    .addOption(
      new Option("--page", "serve the page for the counter, to try it in a browser").conflicts(["gateway", "json"]),
    )
    .option("--port <n>", "with --page, the port to listen on; 0 takes a free one", readPort, "8080")
    .addHelpText("after", "\nExit code: 0 if every scenario ended as expected and every signature is valid, else 1.")
    .action(exiting(demo, 1));
}

function readPort(text: string): string {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
}

interface DemoOptions {
  readonly json?: boolean;
  readonly gateway?: boolean;
  readonly page?: boolean;
  readonly port: string;
}

async function demo({ json = false, gateway = false, page = false, port }: DemoOptions): Promise<number> {
  if (gateway) return demoGateway(json);
  if (page) return (await import("./page-command.ts")).servePage(port, print);
  // Only the demonstration needs the embedded broker, a development package.
  const { endingOf, playAll } = await import("./demo.ts");
  const outcomes = await playAll(json, print);
  if (!json) printOutcomes(outcomes, endingOf);
  return outcomes.every(({ asExpected }) => asExpected) ? 0 : 1;
}

async function demoGateway(json: boolean): Promise<number> {
  const { loadMedia } = await import("./media.ts");
  const { openScreen, silentScreen } = await import("./screen.ts");
  const { playGateway } = await import("./gateway.ts");
  const screen = json ? silentScreen() : openScreen(process.stdout);
  const media = await loadMedia((text) => screen.line(text));
  const scene = { film: media.path("franck.mp4"), photo: media.path("franck_02221.jpg") };
  const outcome = await playGateway(scene, screen);
  if (json) print(JSON.stringify(outcome));
  else print("\nThis is what a POS system sees; docs/INTEGRATION.md shows how to write one.");
  return outcome.report.decision === "match" && outcome.events.at(-1) === "ended" ? 0 : 1;
}

type Ending = (outcome: Outcome) => string;

function printOutcomes(outcomes: readonly Outcome[], endingOf: Ending): void {
  print();
  printTable(
    ["scenario", "decision", "similarity", "threshold", "liveness", "time"],
    outcomes.map((outcome) => row(outcome, endingOf)),
  );
  const unexpected = outcomes.filter(({ asExpected }) => !asExpected).length;
  print(
    unexpected === 0
      ? "Every scenario ended as expected, and the signature of every report is valid."
      : `${unexpected} scenarios did not end as expected.`,
  );
}

function row(outcome: Outcome, endingOf: Ending): readonly string[] {
  const { scenario, report, tookMs } = outcome;
  const shown = (value: number | undefined) => value?.toFixed(3) ?? "–";
  const claims = report?.claims;
  return [
    scenario.name,
    endingOf(outcome),
    shown(claims?.similarity),
    shown(claims?.threshold),
    shown(claims?.liveness),
    `${(tookMs / 1000).toFixed(1)} s`,
  ];
}

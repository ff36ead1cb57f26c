import type { Command } from "commander";
import type { DiagnosticsClaims } from "../../../carrier/client.ts";
import { exiting } from "../../console/exit.ts";
import { print } from "../../console/print.ts";
import { printTable } from "../../console/table.ts";
import { oneLine } from "../../console/visible.ts";
import { fleetOption } from "../enrolment/approve.ts";
import { readFleetFile } from "../fleet-file.ts";
import { connectRegistered } from "./connect.ts";

interface Flags {
  readonly fleet: string;
  readonly json?: boolean;
}

/** `matchlight fleet diagnose`: shows the state of one camera, for its repair. */
export function addDiagnose(fleet: Command): void {
  fleetOption(fleet.command("diagnose"))
    .description("Ask a camera for its state: the findings of its doctor, its last log codes, versions and metrics.")
    .argument("<id>", "the camera's name in the register")
    .option("--json", "print the signed answer as JSON")
    .addHelpText(
      "after",
      `
The camera signs the answer and encrypts it to a key that is made for this command, so the broker cannot read it.
The answer contains no picture, no request and no value of a setting.
Exit code: 0 nothing failed, 1 a check failed or the camera is unhealthy, 2 refused or without diagnostics, 3 no answer.`,
    )
    .action(exiting(run));
}

async function run(id: string, { fleet: file, json }: Flags): Promise<number> {
  await using operator = await connectRegistered(await readFleetFile(file), id);
  const { answer, diagnostics } = await operator.diagnose();
  if (!diagnostics) {
    const refused = answer.outcome === "refused" ? `refused: ${answer.code}: ${answer.because}` : NOT_SENT;
    print(oneLine(`${id} ${refused}`));
    return 2;
  }
  if (json) print(JSON.stringify(diagnostics));
  else printDiagnostics(diagnostics);
  const failed = diagnostics.findings.some(({ level }) => level === "fail");
  return failed || diagnostics.health.state === "unhealthy" ? 1 : 0;
}

const NOT_SENT = "answered without diagnostics, because it received the command twice: run this command again";

function printDiagnostics({ iss, versions, health, settings, findings, events }: DiagnosticsClaims): void {
  const { software, release = "-", pack, node, kernel, machine } = versions;
  print(`${iss}: ${health.state}${health.codes.length > 0 ? ` (${health.codes.join(", ")})` : ""}`);
  print("\nVersions");
  printTable(
    ["what", "version"],
    [
      ["software", software],
      ["release", release],
      ["model pack", `${pack.id} ${pack.version} ${pack.hash.slice(0, 16)}`],
      ["node", node],
      ["kernel", `${kernel} ${machine}`],
    ],
  );
  print("\nFindings of its doctor");
  printTable(
    ["check", "", "found", "remedy"],
    findings.map(({ check, level, found, next }) => [check, level, found, next]),
  );
  print("\nSettings that are set");
  printTable(
    ["by", "names"],
    Object.entries(settings).map(([by, names]) => [by, names.join(" ") || "-"]),
  );
  print("\nMetrics");
  printTable(
    ["metric", "value"],
    Object.entries(health.metrics).map(([name, value]) => [name, String(value)]),
  );
  print("\nLast log codes; docs/LOG.md explains them");
  printTable(
    ["at", "level", "code", "times"],
    events.map(({ event, level, at, times }) => [new Date(at * 1_000).toISOString(), level, event, String(times)]),
  );
}

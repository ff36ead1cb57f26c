import type { Command } from "commander";
import { examine } from "../../device/doctor/doctor.ts";
import { type Finding, worst } from "../../device/doctor/finding.ts";
import { coloured } from "../console/colour.ts";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";

/** `matchlight doctor`: examines this machine and gives the remedy for each fault. */
export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "Examine this machine with the settings of start: camera and view, light, networks, keys, broker, clock, disk.",
    )
    .option("--json", "print one JSON line for each finding and nothing else")
    .addHelpText(
      "after",
      "\nThe command opens the camera for some seconds, analyses its frames like the service, and shows every colour of the light.\nStand where customers stand, and stop the service first.\nExit code: 0 all well, 1 with a warning, 2 with a failure.",
    )
    .action(exiting(doctor));
}

async function doctor({ json = false }: { readonly json?: boolean }): Promise<number> {
  const findings: Finding[] = [];
  for await (const finding of examine(process.env)) {
    findings.push(finding);
    if (json) print(JSON.stringify(finding));
    else if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${finding.check} …`);
  }
  if (!json) printFindings(findings);
  return worst(findings);
}

const SIGNS = { ok: "ok", warn: "look", fail: "FAIL" } as const;
const NEEDS = { ok: "good", warn: "look", fail: "wrong" } as const;

function printFindings(findings: readonly Finding[]): void {
  if (process.stdout.isTTY) process.stdout.write("\r\u001b[K");
  printTable(
    ["check", "", "found", "what to do"],
    findings.map(({ check, level, found, next }) => [check, coloured(SIGNS[level], NEEDS[level]), found, next]),
  );
  const bad = findings.filter(({ level }) => level === "fail");
  print(
    bad.length === 0 ? "Nothing to correct." : `To correct: ${[...new Set(bad.map(({ check }) => check))].join(", ")}.`,
  );
}

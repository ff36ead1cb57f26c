import type { Command } from "commander";
import { explainCode } from "../../device/status/health-rules.ts";
import { queryHealth } from "../../device/status/health-socket.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { coloured } from "../console/colour.ts";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";

interface Flags {
  readonly socket?: string;
  readonly json?: boolean;
}

/** `matchlight health`: the health of a running device. */
export function addHealth(program: Command): void {
  program
    .command("health")
    .description("Show the health of the service on this machine.")
    .option(
      "--socket <path>",
      "the socket of the service (MATCHLIGHT_HEALTH_SOCKET)",
      process.env["MATCHLIGHT_HEALTH_SOCKET"],
    )
    .option("--json", "print the health as one JSON object, as it is published over MQTT")
    .addHelpText(
      "after",
      "\nExit code: 0 if the service works (healthy, degraded), 1 if it is unhealthy, silent or not running. docs/HEALTH.md explains each code.",
    )
    .action(exiting(report, 1));
}

async function report({ socket, json }: Flags): Promise<number> {
  if (!socket || socket === "none") {
    throw new Error(
      "no socket is named: start the service with MATCHLIGHT_HEALTH_SOCKET=<path>, and use the same path here",
    );
  }
  const health = await queryHealth(socket).catch((cause: NodeJS.ErrnoException) => {
    if (!["ENOENT", "ECONNREFUSED"].includes(cause.code ?? "")) throw cause;
    throw new Error(`no service answers at ${socket} (${cause.code}): start it, or name its socket`, { cause });
  });
  if (json) print(JSON.stringify(health));
  else describe(health);
  return health.state === "unhealthy" ? 1 : 0;
}

const ATTENTION = { healthy: "good", degraded: "look", unhealthy: "wrong" } as const;

function describe({ device, state, codes, software, release, pack, metrics }: Health): void {
  print(
    `${device} is ${coloured(state, ATTENTION[state])}: Matchlight ${software}${release === undefined ? "" : `, release ${release}`}`,
  );
  for (const code of codes) {
    const known = explainCode(code);
    print(`  ${code}: ${known ? `${known.meaning} ${known.remedy}` : "unknown to this version; see docs/HEALTH.md"}`);
  }
  if (pack) print(`  ${inWords(pack)}`);
  printTable(
    ["metric", "value"],
    Object.entries(metrics).map(([name, value]) => [name, String(value)]),
  );
}

/** The model pack in force. Pure. */
function inWords({ id, version, hash }: NonNullable<Health["pack"]>): string {
  return `Model pack ${id} ${version}, ${hash.slice(0, 16)}.`;
}

#!/usr/bin/env node
import { Command } from "commander";
import { VERSION } from "../device/process/version.ts";
import { runProgram } from "./console/exit.ts";

type Load = () => Promise<(program: Command) => void>;

/** The users of commands, in the order of the help. */
const GROUPS = {
  camera: "At the camera:",
  carrier: "For the carrier:",
  operator: "For the operator of the cameras:",
  trial: "To try it:",
} as const;

/** The commands of each group. Each is described in its own file. */
const GROUP_OF: Readonly<Record<string, keyof typeof GROUPS>> = {
  start: "camera",
  doctor: "camera",
  health: "camera",
  identity: "camera",
  provision: "camera",
  wipe: "camera",
  aim: "carrier",
  audit: "carrier",
  carrier: "carrier",
  config: "operator",
  fleet: "operator",
  pack: "operator",
  demo: "trial",
  "fleet-trial": "trial",
};

const COMMANDS: Readonly<Record<string, Load>> = {
  start: async () => (await import("./device/start.ts")).addStart,
  carrier: async () => (await import("./fleet/carrier.ts")).addCarrier,
  aim: async () => (await import("./fleet/aim.ts")).addAim,
  identity: async () => (await import("./device/identity.ts")).addIdentity,
  audit: async () => (await import("./device/audit.ts")).addAudit,
  config: async () => (await import("./fleet/config.ts")).addConfig,
  fleet: async () => (await import("./fleet/fleet.ts")).addFleet,
  pack: async () => (await import("./fleet/pack.ts")).addPack,
  provision: async () => (await import("./device/provision.ts")).addProvision,
  demo: async () => (await import("./demo/command.ts")).addDemo,
  "fleet-trial": async () => (await import("./fleet-trial/command.ts")).addFleetTrial,
  doctor: async () => (await import("./device/doctor.ts")).addDoctor,
  health: async () => (await import("./device/health.ts")).addHealth,
};

const program = new Command("matchlight")
  .description("A camera that verifies, with consent and on the device, that a person is the person on an ID card.")
  .version(VERSION)
  .showHelpAfterError("(add --help for the commands and options)");

await addCommands(process.argv[2] ?? "");
for (const heading of Object.values(GROUPS)) {
  for (const command of program.commands) {
    if (GROUPS[GROUP_OF[command.name()] ?? "trial"] === heading) command.helpGroup(heading);
  }
}
program.addHelpText(
  "after",
  "\nOther commands of the repository make and measure model packs: npm run quantise, evaluate, card and bench",
);
await runProgram(program);

/** Only the named command is loaded, because loading all takes longer than most commands run. */
async function addCommands(name: string): Promise<void> {
  const one = named(COMMANDS, name);
  if (one) return (await one())(program);
  for (const load of Object.values(COMMANDS)) (await load())(program);
}

function named<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

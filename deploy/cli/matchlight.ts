#!/usr/bin/env node
import { Command } from "commander";
import { VERSION } from "../../device/process/version.ts";
import { tellFailure } from "./tell.ts";

type Load = () => Promise<(program: Command) => void>;

/** What the product does: each command is described where it is added. */
const COMMANDS: Readonly<Record<string, Load>> = {
  start: async () => (await import("./start.ts")).addStart,
  carrier: async () => (await import("./carrier.ts")).addCarrier,
  identity: async () => (await import("./identity.ts")).addIdentity,
  audit: async () => (await import("./audit.ts")).addAudit,
  config: async () => (await import("./config.ts")).addConfig,
  fleet: async () => (await import("./fleet.ts")).addFleet,
  pack: async () => (await import("./pack.ts")).addPack,
  provision: async () => (await import("./provision.ts")).addProvision,
  demo: async () => (await import("./demo.ts")).addDemo,
  doctor: async () => (await import("./doctor.ts")).addDoctor,
  health: async () => (await import("./health.ts")).addHealth,
};

/** Tools of the workshop, with their summaries: what they need is not installed with the product. */
const TOOLS: Readonly<Record<string, readonly [summary: string, load: Load]>> = {
  "fleet-trial": [
    "Run a fleet of three on this machine, and try updates on it.",
    async () => (await import("./fleet-trial.ts")).addFleetTrial,
  ],
  forge: ["Make the int8 model pack.", async () => (await import("./forge.ts")).addForge],
  evaluate: ["Measure error rates on labelled pictures.", async () => (await import("./evaluate.ts")).addEvaluate],
  card: ["Measure the tables of the model card.", async () => (await import("./card.ts")).addCard],
  bench: ["Measure what a frame and a verification cost.", async () => (await import("./bench.ts")).addBench],
};

const program = new Command("matchlight")
  .description("A camera that verifies, with consent and on the device, that a person is the one on an ID card.")
  .version(VERSION)
  .showHelpAfterError("(add --help to see what is possible)");

await addCommands(process.argv[2] ?? "");
await program.parseAsync().catch((error: unknown) => {
  tellFailure(error);
  process.exitCode = 3;
});

/** Loading all of them takes longer than most of them do: whoever names one waits for that one only. */
async function addCommands(asked: string): Promise<void> {
  const one = named(COMMANDS, asked) ?? named(TOOLS, asked)?.[1];
  if (one) return (await one())(program);
  for (const load of Object.values(COMMANDS)) (await load())(program);
  for (const [name, [summary]] of Object.entries(TOOLS)) program.command(name).description(summary);
}

function named<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

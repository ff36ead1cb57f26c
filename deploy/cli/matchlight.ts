#!/usr/bin/env node
import { Command } from "commander";
import { VERSION } from "../../device/version.ts";
import { tellFailure } from "./tell.ts";

/** What the product can do, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
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

/** The one command: each part of it is described where it is added. */
const program = new Command("matchlight")
  .description("A camera that verifies, with consent and on the device, that a person is the one on an ID card.")
  .version(VERSION)
  .showHelpAfterError("(add --help to see what is possible)");

// A service holds in memory only what it needs: the others are loaded for the help, and for a name that is none.
const [, , asked = ""] = process.argv;
const wanted = Object.hasOwn(COMMANDS, asked) ? [asked] : Object.keys(COMMANDS);
for (const name of wanted) (await COMMANDS[name]?.())?.(program);
await addTool(
  "fleet-trial",
  "Run a fleet of three on this machine, and try updates on it.",
  async () => (await import("./fleet-trial.ts")).addFleetTrial,
);
await addTool("forge", "Make the int8 model pack.", async () => (await import("./forge.ts")).addForge);
await addTool(
  "evaluate",
  "Measure error rates on labelled pictures.",
  async () => (await import("./evaluate.ts")).addEvaluate,
);
await addTool(
  "bench",
  "Measure what a frame and a verification cost.",
  async () => (await import("./bench.ts")).addBench,
);

await program.parseAsync().catch((error: unknown) => {
  tellFailure(error);
  process.exitCode = 3;
});

/** A tool of the workshop is loaded only when it is asked for: what it needs is not installed with the product. */
async function addTool(name: string, summary: string, load: () => Promise<(program: Command) => void>): Promise<void> {
  if (asked === name) (await load())(program);
  else program.command(name).description(summary);
}

#!/usr/bin/env node
import { Command } from "commander";
import { VERSION } from "../../device/version.ts";
import { addAudit } from "./audit.ts";
import { addCarrier } from "./carrier.ts";
import { addConfig } from "./config.ts";
import { addDemo } from "./demo.ts";
import { addDoctor } from "./doctor.ts";
import { addFleet } from "./fleet.ts";
import { addHealth } from "./health.ts";
import { addIdentity } from "./identity.ts";
import { addPack } from "./pack.ts";
import { addProvision } from "./provision.ts";
import { addStart } from "./start.ts";
import { tellFailure } from "./tell.ts";

/** The one command: each part of it is described where it is added. */
const program = new Command("matchlight")
  .description("A camera that verifies, with consent and on the device, that a person is the one on an ID card.")
  .version(VERSION)
  .showHelpAfterError("(add --help to see what is possible)");

addStart(program);
addCarrier(program);
addIdentity(program);
addAudit(program);
addConfig(program);
addFleet(program);
addPack(program);
addProvision(program);
addDemo(program);
addDoctor(program);
addHealth(program);
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
  if (process.argv[2] === name) (await load())(program);
  else program.command(name).description(summary);
}

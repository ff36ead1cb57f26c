#!/usr/bin/env node
import { Command } from "commander";
import { VERSION } from "../../device/version.ts";
import { addCarrier } from "./carrier.ts";
import { addDemo } from "./demo.ts";
import { addEvaluate } from "./evaluate.ts";
import { addForge } from "./forge.ts";
import { addStart } from "./start.ts";
import { tellFailure } from "./tell.ts";

/** The one command: each part of it is described where it is added. */
const program = new Command("matchlight")
  .description("A camera that verifies, with consent and on the device, that a person is the one on an ID card.")
  .version(VERSION)
  .showHelpAfterError("(add --help to see what is possible)");

addStart(program);
addCarrier(program);
addDemo(program);
addForge(program);
addEvaluate(program);

await program.parseAsync().catch((error: unknown) => {
  tellFailure(error);
  process.exitCode = 3;
});

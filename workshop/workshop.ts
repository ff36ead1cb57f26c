#!/usr/bin/env node
import { Command } from "commander";
import { runProgram } from "../cli/console/exit.ts";
import { addBench } from "./commands/bench.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addCard } from "./commands/model-card.ts";
import { addQuantise } from "./commands/quantise.ts";

/** The commands that make and measure model packs. */
const program = new Command("npm run")
  .description("Makes the model packs of Matchlight, and measures them.")
  .showHelpAfterError("(add --help for the commands and options)");

for (const add of [addQuantise, addEvaluate, addCard, addBench]) add(program);
for (const command of program.commands) command.usage("-- [options]");
await runProgram(program);

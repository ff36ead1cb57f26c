import type { Command } from "commander";
import { CHANGEABLE } from "../../device/management/settings/overrides.ts";
import { SETTINGS } from "../../device/settings/settings.ts";
import { exiting } from "../console/exit.ts";
import { print } from "../console/print.ts";
import { type CameraFlags, cameraOptions, connectOperator } from "./broker-options.ts";
import { operate, printInForce } from "./operate.ts";

type Flags = CameraFlags & { readonly json?: boolean };

/** `matchlight config`: the settings that an operator can change remotely. */
export function addConfig(program: Command): void {
  const config = program
    .command("config")
    .description("Change a running camera's configuration, signed, over the broker.");
  const changeable = CHANGEABLE.map((name) => SETTINGS[name].variable).join(", ");
  const help = `\nThese settings can be changed: ${changeable}. The camera's environment has priority.\nExit code: 0 done, 1 refused, 3 no answer.`;
  cameraOptions(config.command("show"))
    .description("Print the values in force, and the source of each.")
    .option("--json", "print the camera's signed report as JSON")
    .action(show);
  cameraOptions(config.command("set"))
    .description("Set values, each as NAME=VALUE: all of them or, if one is refused, none.")
    .argument("<name=value...>", "for example MATCHLIGHT_TIMEOUT_MS=8000")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", help)
    .action(
      exiting((pairs: readonly string[], flags: Flags) =>
        operate(flags, (operator) => operator.command({ type: "config_set", set: readPairs(pairs) })),
      ),
    );
  cameraOptions(config.command("reset"))
    .description("Undo changes: of the named settings, or of all.")
    .argument("[name...]", "for example MATCHLIGHT_TIMEOUT_MS")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", help)
    .action(
      exiting((names: string[], flags: Flags) =>
        operate(flags, (operator) =>
          operator.command({ type: "config_reset", ...(names.length > 0 ? { names } : {}) }),
        ),
      ),
    );
}

async function show(flags: Flags): Promise<void> {
  await using operator = await connectOperator(flags);
  const reported = await operator.reported();
  if (flags.json) print(JSON.stringify(reported));
  else printInForce(reported);
}

export function readPairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Error(`"${pair}" is not NAME=VALUE`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

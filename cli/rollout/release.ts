import type { Command } from "commander";
import { print } from "../console/print.ts";

interface Flags {
  readonly balenaFleet: string;
  readonly commit: string;
  readonly before: string;
  readonly devices: readonly string[];
}

/** `matchlight fleet rollout release`: prints balena's commands, because balena puts releases into force. */
export function addRelease(rollout: Command): void {
  rollout
    .command("release")
    .description("Print balena's commands for a release in the same stages, without running them.")
    .requiredOption("--balena-fleet <name>", "the fleet's name at balena")
    .requiredOption("--commit <commit>", "the new release")
    .requiredOption("--before <commit>", "the present release, for the roll-back")
    .requiredOption("--devices <uuid...>", "balena's ids of the first devices, from `balena device list`")
    .addHelpText("after", "\nCheck the fleet between two stages: matchlight fleet list, and the gateway's dashboard.")
    .action((flags: Flags) => {
      for (const line of releaseCommands(flags)) print(line);
    });
}

/** The commands for the first tenth of the named devices, for the others, for the fleet, and for the roll-back. Pure. */
export function releaseCommands({ balenaFleet, commit, before, devices }: Flags): readonly string[] {
  const first = devices.slice(0, Math.max(1, Math.ceil(devices.length / 10)));
  const pin = (uuid: string) => `balena device pin ${uuid} ${commit}`;
  return [
    "# once: the fleet stays where it is",
    `balena fleet pin ${balenaFleet} ${before}`,
    "# 1: look for a day",
    ...first.map(pin),
    "# 2: look for a day",
    ...devices.slice(first.length).map(pin),
    "# 3: all",
    `balena fleet pin ${balenaFleet} ${commit}`,
    ...devices.map((uuid) => `balena device track-fleet ${uuid}`),
    "# back, at any time",
    `balena fleet pin ${balenaFleet} ${before}`,
    ...devices.map((uuid) => `balena device track-fleet ${uuid}`),
  ];
}

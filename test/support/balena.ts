import { DockerfileParser } from "dockerfile-ast";
import { stringify } from "yaml";
import { SETTINGS, type Setting } from "../../device/settings/settings.ts";
import { readText } from "./sources.ts";

/** Everything above this line of balena.yml is written by hand; what follows is made from device/settings/settings.ts. */
const MARK = "  # Written by `npm run docs` from device/settings/settings.ts: default and meaning of every setting.\n";

/** What deploy/Dockerfile sets: in the image these are the defaults. */
export function imageEnvironment(): ReadonlyMap<string, string> {
  const pairs = DockerfileParser.parse(readText("deploy/Dockerfile"))
    .getENVs()
    .flatMap((env) => env.getProperties())
    .map((property) => [property.getName(), property.getValue() ?? ""] as const);
  return new Map(pairs);
}

/** What a setting is on a fleet that says nothing of it; empty where the fleet, or each device, must say. */
export function fleetDefault({ variable, standard = "" }: Setting<unknown>): string {
  return imageEnvironment().get(variable) ?? standard;
}

/** balena.yml as it should be: what is written by hand as it is, and each setting with its default and its sentence. */
export function balenaYml(): string {
  const [byHand = ""] = readText("balena.yml").split(MARK);
  const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);
  const lines = settings.map((setting) => {
    const must = setting.standard === undefined ? " Must be set, for the fleet or for each device." : "";
    return `    # ${setting.sentence}${must}\n    - ${setting.variable}: ${stringify(fleetDefault(setting), { defaultStringType: "QUOTE_DOUBLE" })}`;
  });
  return `${byHand.trimEnd()}\n${MARK}  applicationEnvironmentVariables:\n${lines.join("")}`;
}

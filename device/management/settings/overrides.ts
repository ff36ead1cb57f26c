import { createHash } from "node:crypto";
import type { ReportedConfig, SettingProblem } from "../../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../../protocol/readers/command-reader.ts";
import { type Environment, isGiven, settingNames, withoutPassword } from "../../settings/environment.ts";
import { SETTINGS, type Setting, type SettingName, type Settings } from "../../settings/settings.ts";

/** The settings that a command can change; all others can be set only at the camera. */
export const CHANGEABLE: readonly SettingName[] = settingNames().filter((name) => remoteOf(name).change !== "never");

/** The settings that commands have set, as texts like those of the environment. */
export type Texts = Readonly<Partial<Record<SettingName, string>>>;

export function variablesOf(texts: Texts): readonly string[] {
  return CHANGEABLE.filter((name) => texts[name] !== undefined).map((name) => SETTINGS[name].variable);
}

/** The conditions for a change. */
export interface Given {
  readonly environment: Environment;
  /** The values without any command. A command can make some of them only stricter. */
  readonly settings: Settings;
  /** Whether the model pack in force was measured at a rate this low. */
  readonly supports: (fmr: number) => boolean;
}

/** The refusal of a change, with every mistake. */
export class SettingsRefusal extends CommandRefusal {
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly [SettingProblem, ...SettingProblem[]]) {
    super(problems[0].code, problems.map(({ name, because }) => `${name} ${because}`).join("; "));
    this.problems = problems;
  }
}

/** The texts after a change. Pure. Throws SettingsRefusal with every mistake; a change is never done in part. */
export function planChange(set: Readonly<Record<string, string>>, stored: Texts, given: Given): Texts {
  const problems = Object.entries(set).flatMap(([variable, text]) => problemOf(variable, text, given) ?? []);
  throwFor(problems);
  const named = Object.entries(set).map(([variable, text]) => [nameOf(variable), text]);
  return { ...stored, ...Object.fromEntries(named) };
}

/** The texts after a reset of some of them, or of all. Pure. Throws SettingsRefusal. */
export function planReset(names: readonly string[] | undefined, stored: Texts): Texts {
  if (names === undefined) return {};
  throwFor(names.filter((variable) => nameOf(variable) === undefined).map(notChangeable));
  const gone = names.map(nameOf);
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !gone.includes(name as SettingName)));
}

/** The variables that differ between two states and that must prove that the broker is still reached. Pure. */
export function toBeReached(before: Texts, after: Texts): readonly string[] {
  return CHANGEABLE.filter((name) => remoteOf(name).change === "if_reached" && before[name] !== after[name]).map(
    (name) => SETTINGS[name].variable,
  );
}

/**
 * The settings in force: from the environment, else from a command, else the camera's own. A stored text that this version or
 * this installation does not accept any more is ignored. Pure.
 */
export function settle(stored: Texts, { environment, settings }: Omit<Given, "supports">): Settings {
  const taken = CHANGEABLE.filter((name) => !isGiven(environment, name)).flatMap((name) => {
    const value = takenValue(name, stored[name], settings);
    return value ? [[name, value.value] as const] : [];
  });
  return { ...settings, ...Object.fromEntries(taken) };
}

/** The configuration as it is reported. Pure. */
export function reportConfig(stored: Texts, { environment, settings }: Omit<Given, "supports">): ReportedConfig {
  return Object.fromEntries(
    CHANGEABLE.map((name) => {
      const { variable } = SETTINGS[name];
      const text = stored[name];
      if (isGiven(environment, name)) return [variable, from("environment", environment[variable] ?? "")];
      const holds = text !== undefined && takenValue(name, text, settings) !== undefined;
      return [variable, holds ? from("command", text) : from("default", ownText(name, settings))];
    }),
  );
}

function from(from: ReportedConfig[string]["from"], text: string): ReportedConfig[string] {
  return { value: shown(text), from };
}

const SHOWN_LETTERS = 1_000;

/** A text without secrets, for reports. */
function shown(text: string): string {
  const long = text.includes("-----BEGIN ") || text.length > SHOWN_LETTERS;
  return long ? `sha256:${createHash("sha256").update(text).digest("hex")}` : withoutPassword(text);
}

/** A value that an enrolment may have set, or the default. */
function ownText(name: SettingName, { brokerUrl, brokerCa, topics }: Settings): string {
  const { standard = "" }: Setting<unknown> = SETTINGS[name];
  if (name === "brokerUrl") return brokerUrl.href;
  if (name === "brokerCa") return brokerCa ?? standard;
  return name === "topics" ? topics : standard;
}

function takenValue(name: SettingName, text: string | undefined, settings: Settings) {
  if (text === undefined) return undefined;
  const { read, remote }: Setting<unknown> = SETTINGS[name];
  const value = read(text);
  return "value" in value && !remote.refuse?.(value.value, settings[name]) ? value : undefined;
}

function problemOf(variable: string, text: string, given: Given): SettingProblem | undefined {
  const name = nameOf(variable);
  if (!name) return notChangeable(variable);
  const problem = (code: SettingProblem["code"], because: string) => ({ name: variable, code, because });
  if (isGiven(given.environment, name)) {
    return problem("set_by_environment", "is set by the device's environment, which has priority");
  }
  const { read, remote }: Setting<unknown> = SETTINGS[name];
  const value = read(text);
  if ("must" in value) return problem("invalid_value", `must ${value.must}`);
  const not = remote.refuse?.(value.value, given.settings[name]);
  if (not) return problem(not.code, `must ${not.must}`);
  const unsupported = name === "fmr" && !given.supports(Number(text));
  return unsupported ? problem("fmr_unsupported", "is a rate that the model pack does not support") : undefined;
}

function notChangeable(variable: string): SettingProblem {
  const why = settingNames().find((name) => SETTINGS[name].variable === variable);
  const because = why ? `cannot be changed remotely: ${remoteOf(why).why}` : "is no setting of this camera";
  return { name: variable, code: "not_changeable", because };
}

function throwFor([first, ...others]: readonly SettingProblem[]): void {
  if (first) throw new SettingsRefusal([first, ...others]);
}

function nameOf(variable: string): SettingName | undefined {
  return CHANGEABLE.find((one) => SETTINGS[one].variable === variable);
}

function remoteOf(name: SettingName): Setting<unknown>["remote"] {
  return SETTINGS[name].remote;
}

import { DeviceFault } from "../faults.ts";
import { SETTINGS, type Setting, type SettingName, type Settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that could be read, and one line for each error. */
export interface ReadSettings {
  readonly values: Partial<Settings>;
  readonly problems: readonly string[];
}

/** Reads all valid settings from the environment. */
export function readSettings(environment: Environment): ReadSettings {
  const problems: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames()) {
    const read = readOne(SETTINGS[name], environment);
    if ("problem" in read) problems.push(read.problem);
    else values[name] = read.value;
  }
  return { values: values as Partial<Settings>, problems };
}

/** Reads all settings from the environment. Throws DeviceFault `settings_refused` with all errors. */
export function readConfig(environment: Environment): Settings {
  const { values, problems } = readSettings(environment);
  if (problems.length > 0) throw settingsFault(problems);
  return values as Settings;
}

/** The fault that lists mistakes, one on a line. */
export function settingsFault(problems: readonly string[]): DeviceFault {
  return new DeviceFault("settings_refused", `\n${problems.map((one) => `  ${one}`).join("\n")}\n`);
}

/** The effective settings, one per line, without passwords: for `--check` and the log. */
export function describeSettings(settings: Settings): readonly (readonly [variable: string, value: string])[] {
  return settingNames().map((name) => [SETTINGS[name].variable, describe(settings[name])] as const);
}

export function settingNames(): readonly SettingName[] {
  return Object.keys(SETTINGS) as SettingName[];
}

/**
 * Whether the environment sets a variable to another value than its default. Fleets set every variable to its default
 * (balena.yml), and the operator can still change those remotely.
 */
export function isGiven(environment: Environment, name: SettingName): boolean {
  const { variable, standard }: Setting<unknown> = SETTINGS[name];
  return Boolean(environment[variable]) && environment[variable] !== standard;
}

type OneRead = { readonly value: unknown } | { readonly problem: string };

function readOne(setting: Setting<unknown>, environment: Environment): OneRead {
  const { variable, also, standard, sentence } = setting;
  const asked = environment[variable] || standard;
  const text = also !== undefined && asked === "auto" ? environment[also] || "none" : asked;
  if (text === undefined) return { problem: `${variable} must be set. ${sentence}` };
  const read = setting.read(text);
  return "value" in read
    ? read
    : { problem: `${variable} must ${read.must}; it is "${withoutPassword(text).slice(0, 80)}".` };
}

/** Variables that look like settings but are none: probably misspelt. */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = new Set<string>(settingNames().map((name) => SETTINGS[name].variable));
  return Object.keys(environment).filter((name) => name.startsWith("MATCHLIGHT_") && !known.has(name));
}

/** A misspelt name differs from the right one in few letters. */
const LETTERS_OFF = 3;

/** The setting that a misspelt variable most likely means. */
export function nearestVariable(name: string): string | undefined {
  const [nearest] = settingNames()
    .map((one) => ({ variable: SETTINGS[one].variable, off: distance(name, SETTINGS[one].variable) }))
    .sort((a, b) => a.off - b.off);
  return nearest && nearest.off <= LETTERS_OFF ? nearest.variable : undefined;
}

/** Levenshtein's: how many letters are to be changed, added or left out. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...b].entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//***@");
}

function describe(value: Settings[SettingName]): string {
  if (value === undefined) return "-";
  if (value instanceof URL) return withoutPassword(value.href);
  if (typeof value !== "object") return String(value);
  if (value.kind === "command") return `program ${value.command.program}`;
  if (value.kind === "film") return `film ${value.path}`;
  if (value.kind === "v4l2") return `v4l2 ${Object.values(value.options.wish).join(" ")}`;
  if (value.kind === "text") return "text";
  const { chip, lamps, activeLow } = value.wiring;
  return [value.kind, chip, ...lamps.map(({ lamp, line }) => `${lamp}=${line}`), activeLow ? "active low" : ""].join(
    " ",
  );
}

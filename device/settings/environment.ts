import { DeviceFault } from "../faults.ts";
import { SETTINGS, type Setting, type SettingName, type Settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The valid settings, and one line for each other one. */
export interface ReadSettings {
  readonly values: Partial<Settings>;
  /** One line for each required setting that is missing: the camera is not provisioned yet. */
  readonly missing: readonly string[];
  /** One line for each setting that is wrong. */
  readonly wrong: readonly string[];
}

/** Reads all valid settings from the environment. */
export function readSettings(environment: Environment): ReadSettings {
  const missing: string[] = [];
  const wrong: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames()) {
    const read = readOne(SETTINGS[name], environment);
    if ("missing" in read) missing.push(read.missing);
    else if ("wrong" in read) wrong.push(read.wrong);
    else values[name] = read.value;
  }
  return { values: values as Partial<Settings>, missing, wrong };
}

/** Reads all settings from the environment. Throws DeviceFault `settings_refused` with all errors. */
export function readConfig(environment: Environment): Settings {
  const { values, missing, wrong } = readSettings(environment);
  if (missing.length + wrong.length > 0) throw settingsFault([...missing, ...wrong]);
  return values as Settings;
}

/** The settings; those that an enrolment sets may be missing. */
export type BareSettings = Omit<Settings, Brought> & Partial<Pick<Settings, Brought>>;
type Brought = "brokerUrl" | "deviceId" | "carrierKey";

export type Provisioning =
  | { readonly kind: "provisioned"; readonly settings: Settings }
  | { readonly kind: "unprovisioned"; readonly settings: BareSettings; readonly missing: readonly string[] };

/** Whether the camera can serve or needs provisioning. Throws DeviceFault `settings_refused` for wrong settings. */
export function readProvisioning(environment: Environment): Provisioning {
  const { values, missing, wrong } = readSettings(environment);
  if (wrong.length > 0) throw settingsFault([...missing, ...wrong]);
  return missing.length === 0
    ? { kind: "provisioned", settings: values as Settings }
    : { kind: "unprovisioned", settings: values as BareSettings, missing };
}

/** The fault that lists mistakes, one on a line. */
export function settingsFault(problems: readonly string[]): DeviceFault {
  return new DeviceFault("settings_refused", `\n${problems.map((one) => `  ${one}`).join("\n")}\n`);
}

/** The effective settings, one per line, without passwords: for `--check` and the log. */
export function describeSettings(settings: BareSettings): readonly (readonly [variable: string, value: string])[] {
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

type OneRead = { readonly value: unknown } | { readonly missing: string } | { readonly wrong: string };

function readOne(setting: Setting<unknown>, environment: Environment): OneRead {
  const { variable, also, standard, sentence } = setting;
  const asked = environment[variable] || standard;
  const text = also !== undefined && asked === "auto" ? platformValue(setting, environment) : asked;
  if (text === undefined) return { missing: `${variable} must be set. ${sentence}` };
  const read = setting.read(text);
  return "value" in read
    ? read
    : { wrong: `${variable} must ${read.must}; it is "${withoutPassword(text).slice(0, 80)}".` };
}

/** The value for `auto`: the platform's first variable that is valid for the setting, else none if the setting allows it. */
function platformValue({ also = [], read }: Setting<unknown>, environment: Environment): string | undefined {
  const given = also.map((name) => environment[name] ?? "").find((text) => text !== "" && "value" in read(text));
  if (given !== undefined) return given;
  const none = read("none");
  return "value" in none && none.value === undefined ? "none" : undefined;
}

/**
 * Merges the environment with the stored settings. A variable that the environment sets to another value than the default has
 * priority. Pure.
 */
export function environmentOver(environment: Environment, stored: Environment): Environment {
  const under = settingNames().filter((name) => stored[SETTINGS[name].variable] && !isGiven(environment, name));
  const texts = under.map((name) => [SETTINGS[name].variable, stored[SETTINGS[name].variable]] as const);
  return { ...environment, ...Object.fromEntries(texts) };
}

/** Variables that look like settings but are not: probably misspelt. */
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

/** The Levenshtein distance: the number of letters to change, add or remove. */
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

/**
 * A text without the users and passwords of its addresses. Nothing is shown if one of them cannot be parsed: then nobody knows
 * where its password ends.
 */
export function withoutPassword(text: string): string {
  const shown = text.split(/(\s+)/).map((word) => (word.includes("@") ? addressWithoutPassword(word) : word));
  return shown.every((word) => word !== undefined) ? shown.join("") : HIDDEN;
}

const HIDDEN = "***";

/** Undefined if another part of it may be a part of the password. */
function addressWithoutPassword(word: string): string | undefined {
  if (!URL.canParse(word)) return undefined;
  const url = new URL(word);
  [url.username, url.password] = ["", ""];
  return url.href.includes("@") ? undefined : url.href.replace("//", `//${HIDDEN}@`);
}

function describe(value: Settings[SettingName]): string {
  if (value === undefined) return "-";
  if (typeof value === "string" && value.includes("-----BEGIN ")) return "PEM";
  if (typeof value === "string" && value.includes('"broker"')) return "JSON";
  if (value instanceof URL) return withoutPassword(value.href);
  if (typeof value !== "object") return String(value);
  if ("length" in value) return value.length === 0 ? "-" : value.map(({ href }) => withoutPassword(href)).join(" ");
  if (value.kind === "command") return `program ${value.command.program}`;
  if (value.kind === "film") return `film ${value.path}`;
  if (value.kind === "v4l2") return `v4l2 ${Object.values(value.options.wish).join(" ")}`;
  if (value.kind === "text") return "text";
  const { chip, lamps, activeLow } = value.wiring;
  return [value.kind, chip, ...lamps.map(({ lamp, line }) => `${lamp}=${line}`), activeLow ? "active low" : ""].join(
    " ",
  );
}

import { DeviceFault } from "./faults.ts";
import { SETTINGS, type Setting, type SettingName, type Settings } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads all settings from the environment. Throws DeviceFault `settings_refused` that lists every mistake at once.
 */
export function readConfig(environment: Environment): Settings {
  const problems: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames()) {
    const read = readOne(SETTINGS[name], environment);
    if ("problem" in read) problems.push(read.problem);
    else values[name] = read.value;
  }
  if (problems.length > 0)
    throw new DeviceFault("settings_refused", `\n${problems.map((one) => `  ${one}`).join("\n")}\n`);
  return values as Settings;
}

/** What would hold, one line a setting, passwords left out: for `--check` and the log. */
export function describeSettings(settings: Settings): readonly (readonly [variable: string, value: string])[] {
  return settingNames().map((name) => [SETTINGS[name].variable, describe(settings[name])] as const);
}

export function settingNames(): readonly SettingName[] {
  return Object.keys(SETTINGS) as SettingName[];
}

type OneRead = { readonly value: unknown } | { readonly problem: string };

function readOne(setting: Setting<unknown>, environment: Environment): OneRead {
  const { variable, standard, sentence } = setting;
  const text = environment[variable] || standard;
  if (text === undefined) return { problem: `${variable} must be set. ${sentence}` };
  const read = setting.read(text);
  return "value" in read
    ? read
    : { problem: `${variable} must ${read.must}; it is "${withoutPassword(text).slice(0, 80)}".` };
}

/** Variables that look like settings but are none: most likely misspelt, so worth a warning. */
export function unknownVariables(environment: Environment): readonly string[] {
  const known = new Set<string>(settingNames().map((name) => SETTINGS[name].variable));
  return Object.keys(environment).filter((name) => name.startsWith("MATCHLIGHT_") && !known.has(name));
}

function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@/]*@/, "//***@");
}

function describe(value: Settings[SettingName]): string {
  if (value === undefined) return "-";
  if (value instanceof URL) return withoutPassword(value.href);
  if (typeof value !== "object") return String(value);
  return value.kind === "film" ? `film ${value.path}` : value.kind;
}

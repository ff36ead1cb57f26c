import type { ReportedConfig } from "../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../protocol/readers/command-reader.ts";
import { type Environment, isGiven } from "../settings/environment.ts";
import { SETTINGS, type Settings } from "../settings/settings.ts";
import type { Change, Store } from "../storage/store.ts";

/** The settings that a command can change; all others belong to whoever installs the camera. */
export const CHANGEABLE = ["light", "fmr", "timeoutMs"] as const;

export type Changeable = (typeof CHANGEABLE)[number];
export type InForce = Pick<Settings, Changeable>;
/** What commands have set, as the texts that the environment could hold as well. */
export type Texts = Readonly<Partial<Record<Changeable, string>>>;

/** What a change is judged by. */
export interface Given {
  readonly environment: Environment;
  /** The installation's own values: the false match rate may only be made smaller than its. */
  readonly settings: InForce;
  /** Whether the model pack in force was measured at a rate this low. */
  readonly supports: (fmr: number) => boolean;
}

/** The texts after a change. Pure. Throws CommandRefusal that names the setting; nothing is changed in part. */
export function planChange(set: Readonly<Record<string, string>>, stored: Texts, given: Given): Texts {
  const next: Partial<Record<Changeable, string>> = { ...stored };
  for (const [variable, text] of Object.entries(set)) {
    const name = changeable(variable);
    if (isGiven(given.environment, name)) throw new CommandRefusal("set_by_environment", variable);
    const read = SETTINGS[name].read(text);
    if ("must" in read) throw new CommandRefusal("invalid_value", `${variable} must ${read.must}`);
    if (name === "fmr") requireStricter(read.value as number, given);
    next[name] = text;
  }
  return next;
}

/** The texts after some of them, or all, were taken back. Pure. Throws CommandRefusal. */
export function planReset(names: readonly string[] | undefined, stored: Texts): Texts {
  const gone = new Set(names?.map(changeable) ?? CHANGEABLE);
  return Object.fromEntries(Object.entries(stored).filter(([name]) => !gone.has(name as Changeable)));
}

/**
 * What is in force: the environment first, then what a command has set, then the default. A stored text that this
 * software or this installation would not take any more is left out. Pure.
 */
export function settle(stored: Texts, { environment, settings }: Omit<Given, "supports">): InForce {
  const inForce: Record<string, unknown> = { ...settings };
  for (const name of CHANGEABLE) {
    const text = stored[name];
    if (text === undefined || isGiven(environment, name)) continue;
    const read = SETTINGS[name].read(text);
    const looser = name === "fmr" && "value" in read && (read.value as number) > settings.fmr;
    if ("value" in read && !looser) inForce[name] = read.value;
  }
  return inForce as unknown as InForce;
}

/** The same in the words of a report. Pure. */
export function reportConfig(stored: Texts, given: Omit<Given, "supports">): ReportedConfig {
  const inForce = settle(stored, given);
  return Object.fromEntries(
    CHANGEABLE.map((name) => {
      const { variable, standard } = SETTINGS[name];
      const text = stored[name];
      if (isGiven(given.environment, name)) {
        return [variable, { value: given.environment[variable] ?? "", from: "environment" }];
      }
      const holds = text !== undefined && inForce[name] !== given.settings[name];
      return [variable, holds ? { value: text, from: "command" } : { value: standard, from: "default" }];
    }),
  );
}

function changeable(variable: string): Changeable {
  const name = CHANGEABLE.find((one) => SETTINGS[one].variable === variable);
  if (name) return name;
  const all = CHANGEABLE.map((one) => SETTINGS[one].variable).join(", ");
  throw new CommandRefusal("not_changeable", `${variable}; these can: ${all}`);
}

function requireStricter(fmr: number, { settings, supports }: Given): void {
  if (fmr > settings.fmr) throw new CommandRefusal("would_loosen", `${fmr} is more than ${settings.fmr}`);
  if (!supports(fmr)) throw new CommandRefusal("fmr_unsupported", String(fmr));
}

/** The configuration of a running device. */
export interface Configuration {
  inForce(): InForce;
  reported(): ReportedConfig;
  /** Stores a change together with `also`, in one step, and puts it into force. Throws CommandRefusal or StoreError. */
  set(set: Readonly<Record<string, string>>, also: readonly Change[]): Promise<void>;
  reset(names: readonly string[] | undefined, also: readonly Change[]): Promise<void>;
}

const KEY = "config";

/** `changed` is called, also at the start, with what is in force, and gives why the light cannot be set. */
export async function openConfiguration(
  store: Store,
  given: Given,
  changed: (inForce: InForce) => Promise<string | undefined>,
): Promise<Configuration> {
  const stored = () => (store.get(KEY) as Texts | undefined) ?? {};
  const inForce = () => settle(stored(), given);
  const keep = (next: Texts, also: readonly Change[]) => store.write([{ type: "put", key: KEY, value: next }, ...also]);
  /** A light that cannot be set is refused before anything is stored. */
  const trial = async (next: Texts) => {
    const problem = await changed(settle(next, given));
    if (problem === undefined) return;
    await changed(inForce());
    throw new CommandRefusal("light_failed", problem);
  };
  await changed(inForce());
  return {
    inForce,
    reported: () => reportConfig(stored(), given),
    async set(set, also) {
      const next = planChange(set, stored(), given);
      await trial(next);
      // What is not stored is not in force either.
      await keep(next, also).finally(() => changed(inForce()));
    },
    async reset(names, also) {
      await keep(planReset(names, stored()), also);
      await changed(inForce());
    },
  };
}

import type { ReportedChange, ReportedConfig } from "../../../protocol/messages/command-contract.ts";
import { CommandRefusal } from "../../../protocol/readers/command-reader.ts";
import type { Clock } from "../../process/clock.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Change, Store } from "../../storage/store.ts";
import { type Given, planChange, planReset, reportConfig, settle, type Texts, toBeReached } from "./overrides.ts";
import { keepPending, keepTexts, readChanges, textsInForce } from "./pending-change.ts";

/** A command that changes settings: its id, and further changes that are stored in the same step. */
interface ChangeCommand {
  readonly jti: string;
  readonly also: readonly Change[];
}

/** The configuration of a running device. */
export interface Configuration {
  inForce(): Settings;
  reported(): ReportedConfig;
  /** The pending change, and the last undone one. */
  change(): ReportedChange;
  /**
   * Stores a change and puts settings that can change at once into force. Returns whether the device must be opened again for
   * the others. Throws CommandRefusal or StoreError.
   */
  set(set: Readonly<Record<string, string>>, command: ChangeCommand): Promise<boolean>;
  reset(names: readonly string[] | undefined, command: ChangeCommand): Promise<boolean>;
}

interface ConfigurationParts {
  readonly store: Store;
  readonly given: Given;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Called at the start and at each change with the settings in force. Returns why the light cannot be set. */
  readonly changed: (inForce: Settings) => Promise<string | undefined>;
  /** Throws CommandRefusal if settings contradict each other. */
  readonly check: (settings: Settings) => Promise<void>;
}

export async function openConfiguration(parts: ConfigurationParts): Promise<Configuration> {
  const { store, given, changed } = parts;
  const stored = () => textsInForce(readChanges(store));
  const inForce = () => settle(stored(), given);
  await changed(inForce());
  return {
    inForce,
    reported: () => reportConfig(stored(), given),
    change: () => reportChange(parts),
    async set(set, command) {
      requireNonePending(store);
      const next = planChange(set, stored(), given);
      await requireLight(parts, next);
      return keep(parts, next, command);
    },
    async reset(names, command) {
      requireNonePending(store);
      return keep(parts, planReset(names, stored()), command);
    },
  };
}

/** Refuses a light that cannot be set before anything is stored, and restores the old light. */
async function requireLight({ store, given, changed }: ConfigurationParts, next: Texts): Promise<void> {
  const problem = await changed(settle(next, given));
  if (problem === undefined) return;
  await changed(settle(textsInForce(readChanges(store)), given));
  throw new CommandRefusal("light_failed", problem);
}

/** Stores the change. If that fails, the old settings stay in force. */
async function keep(parts: ConfigurationParts, next: Texts, { jti, also }: ChangeCommand): Promise<boolean> {
  const { store, given, clock, changed, check } = parts;
  const inForce = () => textsInForce(readChanges(store));
  const names = toBeReached(inForce(), next);
  const deadlineMs = clock.monotonicMs() + given.settings.undoAfterMs;
  const change = names.length > 0 ? keepPending({ jti, names, texts: next, deadlineMs }) : keepTexts(next);
  const keeping = check(settle(next, given)).then(() => store.write([...change, ...also]));
  await keeping.finally(() => changed(settle(inForce(), given)));
  return names.length > 0;
}

function requireNonePending(store: Store): void {
  const { pending } = readChanges(store);
  if (pending) throw new CommandRefusal("change_pending", pending.names.join(", "));
}

function reportChange({ store, clock }: ConfigurationParts): ReportedChange {
  const { pending, undone } = readChanges(store);
  const leftMs = Math.max(0, (pending?.deadlineMs ?? 0) - clock.monotonicMs());
  const { jti, names } = pending ?? {};
  return {
    ...(jti && names ? { pending: { jti, names: [...names], secondsLeft: Math.ceil(leftMs / 1_000) } } : {}),
    ...(undone ? { undone } : {}),
  };
}

import { CarrierError, type Operator, openOperator } from "../../carrier/client.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { readJson } from "../console/files.ts";
import { print } from "../console/print.ts";
import { oneLine } from "../console/visible.ts";
import { type BrokerFlags, KEY_FILE, readTls } from "../fleet/broker-options.ts";
import { REGISTER_FILE, type Register } from "../fleet/fleet-row.ts";
import { openNotes } from "./before.ts";
import type { Change } from "./camera.ts";
import { type Drive, drive, patiently } from "./drive.ts";
import type { JudgedAnswer, RolloutGateway } from "./gateway.ts";
import { LEGEND } from "./picture.ts";
import { lineOf, worseOf } from "./show.ts";

/** The options of commands that drive a rollout. */
export interface GoOnFlags extends BrokerFlags {
  readonly key: string;
  readonly register?: string;
  readonly every: number;
  readonly once?: boolean;
  readonly rollBack?: boolean;
}

/**
 * Drives a rollout until it halts or is over. Returns the exit code. Ctrl-C ends the command after the commands to cameras in
 * progress.
 */
export async function goOn(
  id: string,
  gateway: RolloutGateway,
  change: Change | undefined,
  flags: GoOnFlags,
): Promise<number> {
  const parts = await openParts(gateway, flags);
  const ended = await drive(id, { ...parts, change });
  if (change && (ended.state === "undoing" || ended.state === "undone")) {
    print("Another command takes the rollout back: see `rollout status`.");
    return 1;
  }
  if (ended.state !== "halted") return 0;
  for (const figure of worseOf(ended)) print(figure);
  if (!flags.rollBack || !isJudgedWorse(ended)) {
    print("The rollout is halted. See `rollout status`; then use `rollout resume` or `rollout roll-back`.");
    return 1;
  }
  print("The rollout is halted because the cameras got worse. The change is taken back.");
  await patiently(() => takeBack(id, gateway), parts);
  const { state } = await drive(id, { ...parts, change: undefined });
  print(
    state === "undone"
      ? "The change is taken back."
      : "The change is not taken back from all cameras yet: continue with `rollout roll-back`.",
  );
  return 1;
}

/** The answer to an earlier try may be lost. */
async function takeBack(id: string, gateway: RolloutGateway): Promise<void> {
  const { state } = await gateway.get(id);
  if (state !== "undoing" && state !== "undone") await gateway.move(id, "undoing");
}

/**
 * Whether the gateway halted the rollout for worse figures. A rollout that a person halted is taken back only by a person,
 * whatever the reason says.
 */
export function isJudgedWorse({
  state,
  why,
  comparisons,
}: Pick<JudgedAnswer, "state" | "why" | "comparisons">): boolean {
  return state === "halted" && (why?.startsWith("worse: ") ?? false) && comparisons.some(({ worse }) => worse);
}

async function openParts(gateway: RolloutGateway, flags: GoOnFlags): Promise<Omit<Drive, "change">> {
  const key = await readJson<JWK>(flags.key, KEY_FILE);
  const connect = await openConnect(flags, key);
  const stop = new AbortController();
  // A second signal ends the command at once.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  print(LEGEND);
  let last = "";
  const say = (line: string) => {
    if (line !== last) print(line);
    last = line;
  };
  return {
    gateway,
    notes: await openNotes(key),
    connect,
    everyMs: flags.every * 1_000,
    once: flags.once ?? false,
    events: {
      camera: (camera, state, because) => print(oneLine(`${camera}: ${state}${because ? `: ${because}` : ""}`)),
      round: (rollout: JudgedAnswer) => say(lineOf(rollout)),
      trouble: (because) => say(oneLine(`${because}; trying again`)),
    },
    stop: stop.signal,
  };
}

/** Without a register, the broker is trusted for the cameras' keys. */
async function openConnect(flags: GoOnFlags, key: JWK): Promise<(camera: string) => Promise<Operator>> {
  const { broker: brokerUrl, topics } = flags;
  const tls = await readTls(flags);
  const register = flags.register ? await readJson<Register>(flags.register, REGISTER_FILE) : undefined;
  return async (device) => {
    const known = register && Object.hasOwn(register, device) ? register[device] : undefined;
    if (register && !known) throw new CarrierError("device_unknown", "it is not in the register");
    const pinned = known ? { pinned: known.pin } : {};
    return openOperator({ brokerUrl, device, key, tls, ...pinned, ...(topics ? { topics } : {}) });
  };
}

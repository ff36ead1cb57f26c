import { setTimeout as sleep } from "node:timers/promises";
import { CarrierError, type Operator } from "../../carrier/client.ts";
import type { RolloutState } from "../../gateway/register/rollouts/rollouts.ts";
import { backoffMs } from "../../protocol/common/backoff.ts";
import type { Notes } from "./before.ts";
import { CameraFailure, type Change, type Ending, sendChange, takeBack } from "./camera.ts";
import {
  GatewayRefusal,
  GatewayTrouble,
  type JudgedAnswer,
  type RolloutCameraAnswer,
  type RolloutGateway,
} from "./gateway.ts";

export interface Drive {
  readonly gateway: RolloutGateway;
  /** Undefined for a roll-back, which sends no change. */
  readonly change: Change | undefined;
  readonly notes: Notes;
  readonly connect: (camera: string) => Promise<Operator>;
  readonly everyMs: number;
  /** Whether to end after one round. */
  readonly once: boolean;
  readonly events: DriveEvents;
  readonly stop: AbortSignal;
}

export interface DriveEvents {
  /** Gets the new state of a camera. */
  camera(camera: string, state: string, because: string): void;
  /** Gets the rollout after each round. */
  round(rollout: JudgedAnswer): void;
  /** Gets why the gateway does not answer. The work is tried again. */
  trouble(because: string): void;
}

/** The number of cameras that are sent to at the same time. */
const AT_ONCE = 4;

/** After this many failures of a camera its change has failed: a pack is sent whole each time. */
const TRIES = 3;

/**
 * Sends what is due, looks and waits, until the rollout halts, or is over with nothing due. The gateway has the whole state, so a
 * killed process can be repeated, and so can a round in which the gateway was away.
 */
export async function drive(id: string, drive: Drive): Promise<JudgedAnswer> {
  const { gateway, once, everyMs, events, stop } = drive;
  const failures = new Map<string, number>();
  const round = async () => {
    await sendWhatIsDue(id, drive, failures);
    const rollout = await gateway.look(id);
    events.round(rollout);
    return { rollout, over: once || stop.aborted || (await isOver(rollout, drive)) };
  };
  for (;;) {
    const { rollout, over } = await patiently(round, drive);
    if (over) return rollout;
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return rollout;
  }
}

/** Does work again while the gateway is away: a rollout of days must not end with its restart. */
export async function patiently<T>(
  work: () => Promise<T>,
  { once, events, stop }: Pick<Drive, "once" | "events" | "stop">,
): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GatewayTrouble) || once || stop.aborted) throw error;
      events.trouble(error.message);
      await sleep(backoffMs(failures), undefined, { signal: stop }).catch(() => undefined);
    }
  }
}

/** A rollout that is done may still have cameras that were offline. */
async function isOver({ rollout, state }: JudgedAnswer, { gateway, change }: Drive): Promise<boolean> {
  if (state === "halted" || state === "undone" || !isMeant(state, change)) return true;
  return state === "done" && (await gateway.due(rollout)).length === 0;
}

/** The caller of the command decides whether to send or to take back; the gateway cannot change this. */
const isMeant = (state: RolloutState, change: Change | undefined) => (state === "undoing") === (change === undefined);

async function sendWhatIsDue(id: string, drive: Drive, failures: Map<string, number>): Promise<void> {
  const cameras = [...(await drive.gateway.due(id))];
  const { state } = await drive.gateway.get(id);
  if (!isMeant(state, drive.change)) return;
  const work = async () => {
    for (let next = cameras.shift(); next && !drive.stop.aborted; next = cameras.shift()) {
      const camera = next;
      await attend(id, camera, drive, (operator) =>
        sendTo(operator, id, camera, drive).catch((error: unknown) => {
          if (drive.change && error instanceof CameraFailure) return giveUp(camera.camera, error, failures);
          throw error;
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function sendTo(operator: Operator, rollout: string, of: RolloutCameraAnswer, drive: Drive): Promise<Ending> {
  const { gateway, notes, change } = drive;
  const { camera } = of;
  if (change) {
    return sendChange(operator, rollout, of, change, async (before) => {
      const noted = before && (await notes.sign({ rollout, camera, before }));
      await gateway.note(rollout, camera, { state: "sent", ...(noted ? { before: noted } : {}) });
    });
  }
  if (of.before === null) return { state: "undone" };
  const noted = await notes.read(of.before, { rollout, camera });
  if (noted) return takeBack(operator, noted);
  return { state: "failed", because: "its earlier state is not signed by this operator: set it back by hand" };
}

/** Throws the failure while there are tries left. */
function giveUp(camera: string, failure: CameraFailure, failures: Map<string, number>): Ending {
  const times = (failures.get(camera) ?? 0) + 1;
  failures.set(camera, times);
  if (times < TRIES) throw failure;
  return { state: "failed", because: `${times} times ${failure.message}`.slice(0, 500) };
}

/** The reason to skip a camera in this round; undefined if the error ends the command. */
function reasonToLeave(error: unknown): string | undefined {
  if (error instanceof CarrierError && error.code !== "bad_input") return "away";
  if (error instanceof GatewayRefusal && error.code === "rollout_state") return "left";
  if (error instanceof GatewayTrouble) return "left";
  return undefined;
}

/** Works on one camera. A camera that does not answer stays as it is until the next round. */
async function attend(
  id: string,
  { camera }: RolloutCameraAnswer,
  { gateway, connect, events }: Drive,
  work: (operator: Operator) => Promise<Ending>,
): Promise<void> {
  try {
    await using operator = await connect(camera);
    const ending = await work(operator);
    await gateway.note(id, camera, ending);
    events.camera(camera, ending.state, ending.because ?? "");
  } catch (error) {
    const left = reasonToLeave(error);
    if (left === undefined) throw error;
    events.camera(camera, left, error instanceof Error ? error.message : "");
  }
}

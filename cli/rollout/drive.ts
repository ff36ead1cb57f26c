import { setTimeout as sleep } from "node:timers/promises";
import { CarrierError, type Operator } from "../../carrier/client.ts";
import type { RolloutState } from "../../gateway/register/rollouts/rollouts.ts";
import type { Notes } from "./before.ts";
import { type Change, type Ending, sendChange, takeBack } from "./camera.ts";
import { GatewayRefusal, type JudgedAnswer, type RolloutCameraAnswer, type RolloutGateway } from "./gateway.ts";

export interface Drive {
  readonly gateway: RolloutGateway;
  /** Undefined when a rollout is taken back: nothing is sent then. */
  readonly change: Change | undefined;
  readonly notes: Notes;
  readonly connect: (camera: string) => Promise<Operator>;
  readonly everyMs: number;
  /** Ends after one round. */
  readonly once: boolean;
  readonly events: DriveEvents;
  readonly stop: AbortSignal;
}

export interface DriveEvents {
  /** How a camera stands now. */
  camera(camera: string, state: string, because: string): void;
  /** After each round. */
  round(rollout: JudgedAnswer): void;
}

/** So many cameras are sent to at once. */
const AT_ONCE = 4;

/**
 * Does what is due, looks, and waits, until the rollout halts or is over and nothing is due. Its whole state is in the gateway:
 * a process that is killed leaves nothing behind.
 */
export async function drive(id: string, drive: Drive): Promise<JudgedAnswer> {
  const { gateway, once, everyMs, events, stop } = drive;
  for (;;) {
    await sendWhatIsDue(id, drive);
    const rollout = await gateway.look(id);
    events.round(rollout);
    if (once || stop.aborted || (await isOver(rollout, drive))) return rollout;
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return rollout;
  }
}

/** One that is done may have cameras that were away. */
async function isOver({ rollout, state }: JudgedAnswer, { gateway, change }: Drive): Promise<boolean> {
  if (state === "halted" || state === "undone" || !isMeant(state, change)) return true;
  return state === "done" && (await gateway.due(rollout)).length === 0;
}

/** Whether to send or to take back, whoever called the command says, and not the gateway. */
const isMeant = (state: RolloutState, change: Change | undefined) => (state === "undoing") === (change === undefined);

async function sendWhatIsDue(id: string, drive: Drive): Promise<void> {
  const cameras = [...(await drive.gateway.due(id))];
  const { state } = await drive.gateway.get(id);
  if (!isMeant(state, drive.change)) return;
  const work = async () => {
    for (let next = cameras.shift(); next && !drive.stop.aborted; next = cameras.shift()) {
      const camera = next;
      await attend(id, camera, drive, (operator) => sendTo(operator, id, camera, drive));
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
  return { state: "failed", because: "what it had before is not signed by this operator: set it back by hand" };
}

/** Why a camera is left alone for now; undefined when nothing works. */
function reasonToLeave(error: unknown): string | undefined {
  if (error instanceof CarrierError && error.code !== "bad_input") return "away";
  if (error instanceof GatewayRefusal && error.code === "rollout_state") return "left";
  return undefined;
}

/** A camera that does not answer is left as it is, for the next round. */
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

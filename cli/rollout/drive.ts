import { setTimeout as sleep } from "node:timers/promises";
import { CarrierError, type Operator } from "../../carrier/client.ts";
import { type Change, type Ending, sendChange, takeBack } from "./camera.ts";
import { GatewayRefusal, type JudgedAnswer, type RolloutCameraAnswer, type RolloutGateway } from "./gateway.ts";

export interface Drive {
  readonly gateway: RolloutGateway;
  /** Undefined when a rollout is taken back: nothing is sent then. */
  readonly change: Change | undefined;
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
    if (once || stop.aborted || (await isOver(rollout, gateway))) return rollout;
    await sleep(everyMs, undefined, { signal: stop }).catch(() => undefined);
    if (stop.aborted) return rollout;
  }
}

/** One that is done may have cameras that were away. */
async function isOver({ rollout, state }: JudgedAnswer, gateway: RolloutGateway): Promise<boolean> {
  if (state === "halted" || state === "undone") return true;
  return state === "done" && (await gateway.due(rollout)).length === 0;
}

async function sendWhatIsDue(id: string, drive: Drive): Promise<void> {
  const cameras = [...(await drive.gateway.due(id))];
  const { state, what } = await drive.gateway.get(id);
  const work = async () => {
    for (let next = cameras.shift(); next && !drive.stop.aborted; next = cameras.shift()) {
      const camera = next;
      await attend(id, camera, drive, (operator) => {
        if (state === "undoing") return takeBack(operator, id, camera, what);
        if (!drive.change) throw new Error("nothing to send is named");
        const note = (before?: object) =>
          drive.gateway.note(id, camera.camera, { state: "sent", ...(before ? { before } : {}) });
        return sendChange(operator, id, camera, drive.change, note);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
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

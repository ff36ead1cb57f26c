/// <reference lib="dom" />
import type { Aim } from "../../protocol/messages/contract.ts";
import { type Api, Problem } from "./http/api.ts";
import { retrying } from "./http/retrying.ts";

export interface AimEvents {
  aim(aim: Aim): void;
  connected(isConnected: boolean): void;
}

/** As long as the contract allows: staff stop it when the camera stands right. */
const SECONDS = 120;

/**
 * Lets a camera say what it sees until the signal is aborted, or it ends. A lost connection ends the aim at the camera, and
 * another is begun.
 * @returns why it ended: a code of the contract's aim or of a refusal, or `unanswered`; undefined when the signal ended it
 */
export function runAim(api: Api, camera: string, events: AimEvents, signal: AbortSignal): Promise<string | undefined> {
  return retrying(signal, events.connected)(() => follow(api, camera, events, signal));
}

async function follow(api: Api, camera: string, events: AimEvents, signal: AbortSignal): Promise<string> {
  for await (const { event, data } of api.events(`/v1/cameras/${camera}/aim`, signal, { seconds: SECONDS })) {
    events.connected(true);
    const said = JSON.parse(data);
    if (event === "refused") return said.code;
    if (event === "unanswered") return event;
    if (event !== "aim") continue;
    if (said.ended !== undefined) return said.ended;
    events.aim(said);
  }
  throw new Problem("unreachable", "the stream ended before the aim");
}

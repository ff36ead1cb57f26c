/// <reference lib="dom" />
import type { Aim } from "../../protocol/messages/contract.ts";
import { type Api, Problem } from "./http/api.ts";
import { retrying } from "./http/retrying.ts";

export interface AimEvents {
  aim(aim: Aim): void;
  connected(isConnected: boolean): void;
}

/** The contract's longest aim: staff end it when the camera is in position. */
const SECONDS = 120;

/**
 * Shows what a camera sees until the signal aborts or the aim ends. A lost connection ends the aim at the camera; then this
 * starts another aim.
 * @returns why it ended: a code of the contract's aim or of a refusal, or `unanswered`; undefined if the signal ended it
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

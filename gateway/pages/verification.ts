/// <reference lib="dom" />
import type { ReportView } from "../../guide/scene.ts";
import type { Progress, RefusalCode } from "../../protocol/messages/contract.ts";
import { type Api, Problem } from "./http/api.ts";
import { randomId, retrying } from "./http/retrying.ts";

/** Callbacks for the course of a verification. */
export interface VerificationEvents {
  progress(progress: Pick<Progress, "stage" | "hint">): void;
  report(report: ReportView): void;
  refused(code: string): void;
  connected(isConnected: boolean): void;
}

export interface Asked {
  readonly camera: string;
  readonly photo: Blob;
  readonly purpose: string;
  /** The consent text that the customer agreed to, and the time. */
  readonly consent: { readonly notice: string; readonly at: number };
}

/** A request that the camera receives later than this could concern the next person. */
const BEGIN_WITHIN_MS = 15_000;

/** Twice the default, because a person needs a few seconds to read each hint. */
const POLICY = { timeoutMs: 20_000 } as const;

/** A running verification. */
export interface Running {
  /** Resolves when the verification has ended, with any result. Rejects with Problem if it never began. */
  readonly done: Promise<void>;
  end(because: "cancelled" | "declined"): Promise<void>;
}

/** The gateway's answer for an ended verification. */
interface Ending {
  readonly state: string;
  readonly report?: string;
  readonly refusal?: { readonly code: RefusalCode };
}

/** Asks a camera and follows the verification to its end. A lost connection is opened again as often as needed. */
export function startVerification(api: Api, asked: Asked, events: VerificationEvents): Running {
  const id = randomId();
  const over = new AbortController();
  const again = retrying(over.signal, events.connected);
  const run = async () => {
    const form = formOf(asked);
    await again(() => api.postForm(`/v1/cameras/${asked.camera}/verifications`, form, id), BEGIN_WITHIN_MS);
    await again(() => follow(api, id, events, over.signal));
    over.abort();
  };
  return {
    done: run(),
    end: async (because) => void (await again(() => api.post(`/v1/verifications/${id}/cancel`, { because }))),
  };
}

function formOf({ photo, purpose, consent }: Asked): FormData {
  const form = new FormData();
  form.set("photo", photo, "photo");
  form.set("request", JSON.stringify({ purpose, consent: { id: randomId(), ...consent }, policy: POLICY }));
  return form;
}

async function follow(api: Api, id: string, events: VerificationEvents, signal: AbortSignal): Promise<void> {
  for await (const { event, data } of api.events(`/v1/verifications/${id}/events`, signal)) {
    events.connected(true);
    if (event === "progress") events.progress(JSON.parse(data));
    if (event === "ended") return showEnding(JSON.parse(data), events);
  }
  throw new Problem("unreachable", "the stream ended before the verification");
}

function showEnding({ state, report, refusal }: Ending, events: VerificationEvents): void {
  if (report !== undefined) events.report(claimsOf(report));
  else events.refused(refusal?.code ?? state);
}

/** The claims of a report. The gateway has checked its signature. */
function claimsOf(token: string): ReportView {
  const [, payload = ""] = token.split(".");
  const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))));
}

/// <reference lib="dom" />
import type { ReportView } from "../../guide/scene.ts";
import type { Progress, RefusalCode } from "../../protocol/messages/contract.ts";
import { type Api, Problem } from "./http/api.ts";
import { randomId, retrying } from "./http/retrying.ts";

/** What becomes of a verification, for whoever shows it. */
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
  /** The words that the customer has agreed to, and when. */
  readonly consent: { readonly notice: string; readonly at: number };
}

/** A request that reaches the camera later than this would look at somebody else. */
const BEGIN_WITHIN_MS = 15_000;

/** Twice the standard: whoever reads hints needs a few seconds for each. */
const POLICY = { timeoutMs: 20_000 } as const;

/** A verification that runs. */
export interface Running {
  /** Resolves when it has ended, however. Rejects with Problem when it never began. */
  readonly done: Promise<void>;
  end(because: "cancelled" | "declined"): Promise<void>;
}

/** What the gateway says of one that has ended. */
interface Ending {
  readonly state: string;
  readonly report?: string;
  readonly refusal?: { readonly code: RefusalCode };
}

/** Asks a camera, and follows what it says until it ends. A lost connection is made again as often as it takes. */
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

/** What a report says. The gateway has checked its signature. */
function claimsOf(token: string): ReportView {
  const [, payload = ""] = token.split(".");
  const text = atob(payload.replaceAll("-", "+").replaceAll("_", "/"));
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))));
}

import type { Aim, Decision, Hint, Progress, Reason, ReportClaims } from "../protocol/messages/contract.ts";
import { isDrawn } from "./drawing/pictograms.ts";

/** The fields of a report that the element needs. A page without the report can give only the codes. */
export type ReportView = Pick<ReportClaims, "decision"> & Partial<Pick<ReportClaims, "reason" | "detail">>;

/** A carrier's own words of the notice, in place of the catalogue's. `id` goes into the request's `consent.notice`. */
export interface Notice {
  readonly id: string;
  readonly lines?: readonly string[];
}

/** The scene: what is happening, from the point of view of the people. */
export type Scene =
  | { readonly kind: "idle" }
  | { readonly kind: "consent"; readonly notice: Notice }
  | { readonly kind: "waiting" }
  | { readonly kind: "looking"; readonly hint: Hint | null; readonly advised: boolean }
  | { readonly kind: "ended"; readonly ending: Ending }
  /** The code of a refusal, or another reason why no verification began. */
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "aim"; readonly aim: Aim };

export interface Ending {
  readonly decision: Decision;
  readonly reason?: Reason;
  readonly detail?: string;
}

export const IDLE: Scene = { kind: "idle" };
export const WAITING: Scene = { kind: "waiting" };
/** The customer declines, before or during the verification. */
export const DECLINED: Scene = { kind: "ended", ending: { decision: "inconclusive", reason: "declined" } };

/** A repeated hint is the same scene, so that it does not delay the next one. */
function advised(scene: Scene, hint: Hint | null): Scene {
  const same = scene.kind === "looking" && scene.advised && scene.hint === hint;
  return same ? scene : { kind: "looking", hint, advised: true };
}

/** Hints of a later contract are ignored. */
function isKnown(hint: string | null | undefined): boolean {
  return hint === null || hint === undefined || isDrawn(hint);
}

/** The scene after a progress message. A scene that has ended stays: late messages change nothing. Pure. */
export function afterProgress(scene: Scene, { stage, hint }: Pick<Progress, "stage" | "hint">): Scene {
  if (isOver(scene)) return stage === "accepted" ? WAITING : scene;
  switch (stage) {
    case "accepted":
      return WAITING;
    case "looking":
      return scene.kind === "looking" ? scene : { kind: "looking", hint: null, advised: false };
    case "hint":
      return isKnown(hint) ? advised(scene, hint ?? null) : scene;
    case "ended":
      return WAITING;
  }
}

export function afterReport({ decision, reason, detail }: ReportView): Scene {
  const ending = {
    decision,
    ...(reason !== undefined && { reason }),
    ...(detail !== undefined && { detail }),
  };
  return { kind: "ended", ending };
}

/** Whether the customer can still decline. */
export function canDecline(scene: Scene): boolean {
  return scene.kind === "consent" || scene.kind === "waiting" || scene.kind === "looking";
}

/**
 * Whether a scene waits until the shown one could be read, as hints do. A turn of the head has a time limit of a few seconds:
 * its hint is shown at once, as the camera sends it, and so is the one that ends it. Pure.
 */
export function isPaced(shown: Scene, next: Scene): boolean {
  return isHint(shown) && isHint(next) && !isTurn(shown) && !isTurn(next);
}

function isHint(scene: Scene): boolean {
  return scene.kind === "looking" && scene.advised;
}

function isTurn(scene: Scene): boolean {
  return scene.kind === "looking" && (scene.hint === "turn_left" || scene.hint === "turn_right");
}

function isOver({ kind }: Scene): boolean {
  return kind === "ended" || kind === "refused";
}

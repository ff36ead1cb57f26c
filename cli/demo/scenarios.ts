import type { Decision, Reason, RefusalCode } from "../../protocol/messages/contract.ts";

/** The expected end of a scenario. */
export type Ending =
  | { readonly decision: Decision; readonly reason?: Reason }
  | { readonly refusal: RefusalCode }
  | { readonly sameAs: string };

/** A scene at a counter. `film` is what the camera shows, `reference` the photo of the ID card. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly film: string;
  readonly reference: string;
  readonly timeoutMs: number;
  /** How the request is sent: unchanged, tampered with, or as a repetition of an earlier scenario's request. */
  readonly sent: "as_made" | "tampered" | { readonly again: string };
  readonly ends: Ending;
}

const FRANCK = "franck_02221.jpg";

export const SCENARIOS: readonly Scenario[] = [
  {
    name: "right_person",
    title: "The right person, with the 102×126 photo of an ID card's chip",
    film: "franck.mp4",
    reference: FRANCK,
    timeoutMs: 10_000,
    sent: "as_made",
    ends: { decision: "match" },
  },
  {
    name: "somebody_else",
    title: "Somebody else's ID card",
    film: "franck.mp4",
    reference: "cage.jpg",
    timeoutMs: 10_000,
    sent: "as_made",
    ends: { decision: "no_match" },
  },
  {
    name: "nobody",
    title: "Nobody before the camera",
    film: "nobody.mjpeg",
    reference: FRANCK,
    timeoutMs: 3_000,
    sent: "as_made",
    ends: { decision: "inconclusive", reason: "no_face" },
  },
  {
    name: "two_people",
    title: "Two people before the camera",
    film: "two.mjpeg",
    reference: FRANCK,
    timeoutMs: 3_000,
    sent: "as_made",
    ends: { decision: "inconclusive", reason: "two_faces" },
  },
  {
    name: "replayed",
    title: "The first request sent again: the same report, and nobody is looked at",
    film: "franck.mp4",
    reference: FRANCK,
    timeoutMs: 10_000,
    sent: { again: "right_person" },
    ends: { sameAs: "right_person" },
  },
  {
    name: "tampered",
    title: "A request changed on its way",
    film: "franck.mp4",
    reference: FRANCK,
    timeoutMs: 10_000,
    sent: "tampered",
    ends: { refusal: "cannot_open" },
  },
];

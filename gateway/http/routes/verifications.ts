import { FIELDS } from "../../../protocol/messages/contract.ts";
import type { Database } from "../../database/database.ts";
import { findCamera } from "../../register/register.ts";
import { answerOf } from "../../verifications/answer.ts";
import type { Asking } from "../../verifications/ask.ts";
import type { Endings } from "../../verifications/endings.ts";
import type { ProgressFeed } from "../../verifications/feed.ts";
import {
  findVerification,
  isEnded,
  listVerifications,
  stateOf,
  type Verification,
} from "../../verifications/verifications.ts";
import { requireShown, type Subject } from "../access.ts";
import { HttpProblem } from "../problem.ts";
import { type Answer, json, type Route, route } from "../route.ts";
import {
  askBody,
  cameraPath,
  cancelBody,
  endingsAnswer,
  endingsQuery,
  verificationAnswer,
  verificationPath,
  waitQuery,
} from "./schemas.ts";
import { openVerificationEvents } from "./verification-events.ts";

export interface VerificationRoutesParts {
  readonly database: Database;
  readonly asking: Asking;
  readonly endings: Endings;
  readonly feed: ProgressFeed;
}

/** Routes to ask for verifications and to read their results. */
export function verificationRoutes(parts: VerificationRoutesParts): readonly Route[] {
  return [...requestRoutes(parts), ...resultRoutes(parts)];
}

async function find(database: Database, { filter }: Subject, id: string): Promise<Verification> {
  const found = await findVerification(database, filter, id);
  if (found) return found;
  throw new HttpProblem("not_found", `no verification ${id} of a camera in the token's scope is known`);
}

function requestRoutes({ database, asking }: VerificationRoutesParts): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/cameras/{camera}/verifications",
      name: "askForVerification",
      summary:
        "Asks a camera whether the person in front of it is the person on the photo. A repetition with the same Idempotency-Key asks once.",
      access: "token",
      params: cameraPath,
      bodyKind: "photo",
      body: askBody,
      answers: { 202: { what: "The broker has the request.", type: "application/json", schema: verificationAnswer } },
      async handle({ params: { camera }, body, headers, subject }) {
        const id = readId(headers["idempotency-key"]);
        const found = await findCamera(database, camera);
        requireShown(subject, camera, found?.shop ?? null);
        const { photo: reference, policy, ...rest } = body;
        const ask = { reference, ...rest, ...(policy ? { policy } : {}) };
        const outcome = await asking.verify(camera, found, id, ask, subject.name).finally(() => reference.fill(0));
        const answer = outcome === "sent" ? { id, camera, state: "asked" } : shown(await find(database, subject, id));
        return json(202, answer, { location: `/v1/verifications/${id}` });
      },
    }),
    route({
      method: "POST",
      path: "/v1/verifications/{id}/cancel",
      name: "cancelVerification",
      summary: "Asks the camera to end a verification. The camera's report gives the reason.",
      access: "token",
      params: verificationPath,
      body: cancelBody,
      answers: { 202: { what: "The broker has the request.", type: "application/json", schema: verificationAnswer } },
      async handle({ params: { id }, body: { because }, subject }) {
        const now = await find(database, subject, id);
        if (!isEnded(stateOf(now, new Date()))) await asking.cancel(now.device, id, because);
        return json(202, shown(await find(database, subject, id)));
      },
    }),
  ];
}

function resultRoutes(parts: VerificationRoutesParts): readonly Route[] {
  const { database, endings } = parts;
  return [
    route({
      method: "GET",
      path: "/v1/cameras/{camera}/verifications",
      name: "listVerifications",
      summary: "Lists how the last verifications of a camera ended, the newest first: codes only.",
      access: "token",
      params: cameraPath,
      query: endingsQuery,
      answers: { 200: { what: "The last ones.", type: "application/json", schema: endingsAnswer } },
      async handle({ params: { camera }, query: { limit }, subject }) {
        requireShown(subject, camera, (await findCamera(database, camera))?.shop ?? null);
        const last = await listVerifications(database, camera, limit);
        return json(200, { verifications: last.map(ending) });
      },
    }),
    route({
      method: "GET",
      path: "/v1/verifications/{id}",
      name: "getVerification",
      summary: "The state of a verification, or its signed report. With `wait`, answers when it has ended.",
      access: "token",
      params: verificationPath,
      query: waitQuery,
      answers: { 200: { what: "The verification.", type: "application/json", schema: verificationAnswer } },
      async handle({ params: { id }, query: { wait }, subject, signal }) {
        const now = await find(database, subject, id);
        if (wait === 0 || isEnded(stateOf(now, new Date()))) return json(200, shown(now));
        const untilLate = Math.max(0, Math.min(wait * 1000, now.answerBy.getTime() - Date.now() + 1));
        await endings.wait(now.device, id, AbortSignal.any([signal, AbortSignal.timeout(untilLate)]));
        return json(200, shown(await find(database, subject, id)));
      },
    }),
    route({
      method: "GET",
      path: "/v1/verifications/{id}/events",
      name: "watchVerification",
      summary: "Server-sent events of a running verification: `progress` with a stage and a hint, then `ended`.",
      access: "token",
      params: verificationPath,
      answers: { 200: { what: "Events.", type: "text/event-stream" } },
      async handle({ params: { id }, subject, signal }): Promise<Answer> {
        const now = await find(database, subject, id);
        const ended = async () => shown(await find(database, subject, id));
        return { kind: "events", events: openVerificationEvents(parts, now, ended, signal) };
      },
    }),
  ];
}

function readId(key: string | undefined): string {
  if (key === undefined) throw new HttpProblem("idempotency_key_missing", "send a random UUID as Idempotency-Key");
  // The draft standard of this header requires quotes; most clients send none.
  const read = FIELDS.id.safeParse(key.replace(/^"(.*)"$/, "$1"));
  if (read.success) return read.data;
  throw new HttpProblem("invalid_request", "Idempotency-Key: 8 to 100 letters, digits, '.', '_', '~' or '-'");
}

const shown = (verification: Verification) => answerOf(verification, stateOf(verification, new Date()));

/** A verification in a list: without the report, which is evidence, and without fields that identify the request elsewhere. */
function ending(verification: Verification) {
  const { id, state, decision, reason, refusal } = {
    decision: null,
    reason: null,
    refusal: null,
    ...shown(verification),
  };
  return { id, askedAt: verification.askedAt.toISOString(), state, decision, reason, refusal: refusal?.code ?? null };
}

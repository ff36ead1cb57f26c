import type { RefusalClaims } from "../../protocol/messages/contract.ts";
import type { Queries } from "../database/database.ts";
import { type CameraFilter, IN_SCOPE, scopeValues } from "../register/register.ts";

/** A verification that somebody asked for over HTTP, as the database has it. */
export interface Verification {
  readonly device: string;
  readonly id: string;
  /** The digest of the request without its photo, to distinguish a repetition from another request with the same id. */
  readonly fingerprint: string;
  readonly askedAt: Date;
  readonly answerBy: Date;
  /** Whether the broker has the request. */
  readonly sent: boolean;
  /** Whether its report was archived. */
  readonly reported: boolean;
  /** Null also when the archive has the report no longer. */
  readonly token: string | null;
  readonly refusalCode: string | null;
  readonly refusalBecause: string | null;
}

/**
 * Where a verification stands. `reported`: also when the carrier has removed the report from its archive. `unanswered`: no report came in time; one that comes late ends it
 * all the same.
 */
export type State = "sending" | "asked" | "reported" | "refused" | "unanswered";

/** Pure. */
export function stateOf({ reported, refusalCode, sent, answerBy }: Verification, now: Date): State {
  if (reported) return "reported";
  if (refusalCode !== null) return "refused";
  if (now > answerBy) return "unanswered";
  return sent ? "asked" : "sending";
}

export const isEnded = (state: State) => state !== "sending" && state !== "asked";

const SELECT = `select v.device, v.id, v.fingerprint, v.asked_at as "askedAt", v.answer_by as "answerBy", v.sent,
  v.seq is not null as reported, v.refusal_code as "refusalCode", v.refusal_because as "refusalBecause", r.token
  from verifications v join cameras c using (device)
  left join chain on chain.device = v.device and chain.seq = v.seq
  left join reports r on r.archived_on = chain.archived_on and r.device = v.device and r.seq = v.seq`;

type VerificationRow = { readonly [N in keyof Verification]: Verification[N] };

/** A verification of a camera that the asker may see; the newest, when cameras of several shops have used one id. */
export async function findVerification(
  queries: Queries,
  filter: CameraFilter,
  id: string,
): Promise<Verification | undefined> {
  const [row] = await queries.query<VerificationRow>(
    `${SELECT} where ${IN_SCOPE} and v.id = $4 order by v.asked_at desc limit 1`,
    [...scopeValues(filter), id],
  );
  return row;
}

/** The last that were asked of a camera, the newest first. */
export function listVerifications(queries: Queries, device: string, limit: number): Promise<readonly Verification[]> {
  return queries.query<VerificationRow>(`${SELECT} where v.device = $1 order by v.asked_at desc limit $2`, [
    device,
    limit,
  ]);
}

/** The ids of those that have ended, of a list of [device, id]. */
export async function endedOf(
  queries: Queries,
  pairs: readonly (readonly [string, string])[],
): Promise<readonly { readonly device: string; readonly id: string }[]> {
  return queries.query(
    `select v.device, v.id from verifications v join unnest($1::text[], $2::text[]) as w (device, id)
      on v.device = w.device and v.id = w.id where v.seq is not null or v.refusal_code is not null`,
    [pairs.map(([device]) => device), pairs.map(([, id]) => id)],
  );
}

/** What is noted before a request is sent. */
export interface NewVerification {
  readonly device: string;
  readonly id: string;
  readonly fingerprint: string;
  readonly digest: string;
  readonly askedBy: string;
  readonly answerBy: Date;
}

/**
 * Notes a verification before its request is sent. A row of this id gets the new request's digest and deadline only if its
 * request was not sent, has no result and asked for the same. Otherwise nothing changes, and this gives false. A request that
 * failed at the broker may have reached the camera: its refusal is the result then, and webhooks have said so.
 */
export async function noteAsked(queries: Queries, asked: NewVerification): Promise<boolean> {
  const { device, id, fingerprint, digest, askedBy, answerBy } = asked;
  const noted = await queries.query(
    `insert into verifications as v (device, id, fingerprint, digest, asked_by, answer_by)
      values ($1, $2, $3, $4, $5, $6)
      on conflict (device, id) do update set digest = excluded.digest, answer_by = excluded.answer_by
        where v.fingerprint = excluded.fingerprint and v.seq is null and v.refusal_code is null and not v.sent
      returning v.id`,
    [device, id, fingerprint, digest, askedBy, answerBy],
  );
  return noted.length > 0;
}

export async function noteSent(queries: Queries, device: string, id: string): Promise<void> {
  await queries.query("update verifications set sent = true where device = $1 and id = $2", [device, id]);
}

/** Keeps why a camera refused, with the request that it refused. */
export async function keepRefusal(queries: Queries, { iss, digest, code, because }: RefusalClaims): Promise<void> {
  await queries.query(
    `update verifications set refusal_code = $3, refusal_because = $4
      where device = $1 and digest = $2 and seq is null`,
    [iss, digest, code, because.replaceAll("\0", "")],
  );
}

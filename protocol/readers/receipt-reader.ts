import { claimedType, type KeySet, verifyWithKeySet } from "../encoding/tokens.ts";
import { LIMITS, type ReceiptClaims, receiptSchema, TYPES } from "../messages/contract.ts";
import { type Reader, Refusal } from "./request-reader.ts";
import { timeProblem } from "./validity.ts";

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Whether a message on the topic of requests claims to be a receipt. Only its signature proves it. */
export function isReceipt(message: Uint8Array): boolean {
  if (message.length > LIMITS.receiptBytes) return false;
  const token = Buffer.from(message).toString("latin1");
  return COMPACT_JWS.test(token) && claimedType(token) === TYPES.receipt;
}

/** Reads a receipt. Checks signature, claims, addressee and time, in this order. Throws Refusal. */
export async function readReceipt(message: Uint8Array, reader: Omit<Reader, "sealing">): Promise<ReceiptClaims> {
  const receipt = readClaims(await verified(message, reader.carrier));
  const { jti, aud } = receipt;
  if (aud !== reader.device) throw new Refusal("wrong_audience", `"${aud}"`, jti);
  if (!reader.clockIsSet()) throw new Refusal("clock_not_set", "", jti);
  const problem = timeProblem(receipt, reader.clock.wallMs() / 1000);
  if (problem) throw new Refusal(problem.code, problem.detail, jti);
  return receipt;
}

async function verified(message: Uint8Array, carrier: KeySet): Promise<unknown> {
  try {
    return await verifyWithKeySet(Buffer.from(message).toString("latin1"), TYPES.receipt, carrier);
  } catch (error) {
    throw new Refusal("bad_signature", error instanceof Error ? error.message : String(error));
  }
}

function readClaims(claims: unknown): ReceiptClaims {
  const read = receiptSchema.safeParse(claims);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new Refusal("invalid_claims", `${first?.path.join(".") || "claims"}: ${first?.message}`);
}

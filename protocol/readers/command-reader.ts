import { claimsUnverified, type KeySet, readPublicKey, verifyWithKeySet } from "../encoding/tokens.ts";
import {
  COMMAND_LIMITS,
  COMMAND_REFUSALS,
  type CommandClaims,
  type CommandRefusalCode,
  commandSchema,
  type PackClaims,
  packSchema,
} from "../messages/command-contract.ts";
import { TYPES } from "../messages/contract.ts";
import { refusal } from "./refusal.ts";
import { type Dated, timeProblem } from "./validity.ts";

/** A command that is not carried out: what was in force still is. */
export class CommandRefusal extends refusal<CommandRefusalCode>("CommandRefusal", COMMAND_REFUSALS) {}

/** Who reads a command, and whom they trust. */
export interface CommandReader {
  readonly device: string;
  /** Whose commands are carried out; undefined refuses all. */
  readonly operator: KeySet | undefined;
  /** Who may ask for reports again, beside the operator; undefined refuses it. */
  readonly carrier?: KeySet | undefined;
  /** Whose packs are taken; undefined refuses all. */
  readonly publisher: KeySet | undefined;
  readonly clock: { wallMs(): number };
  readonly clockIsSet: () => boolean;
}

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Reads a message as a command: whether there is an operator, its size, form, signature, claims, addressee and time, in this order. Throws CommandRefusal. */
export async function readCommand(message: Uint8Array, reader: CommandReader): Promise<CommandClaims> {
  const signers = signersOf(message, reader);
  if (signers.length === 0) throw new CommandRefusal("management_off");
  if (message.length > COMMAND_LIMITS.commandBytes) throw new CommandRefusal("too_large", `${message.length} bytes`);
  const token = Buffer.from(message).toString("latin1");
  if (!COMPACT_JWS.test(token)) throw new CommandRefusal("malformed");
  const command = parse(commandSchema, await verifiedByOne(token, TYPES.command, signers));
  const { jti } = command;
  if (command.type === "diagnose") await requirePoint(command);
  if (command.aud !== reader.device) throw new CommandRefusal("wrong_audience", `"${command.aud}"`, jti);
  if (!reader.clockIsSet()) throw new CommandRefusal("clock_not_set", "", jti);
  requireTime(command, reader.clock.wallMs() / 1000, jti);
  return command;
}

/** Whose signature counts under a command: reports are the carrier's, everything else is the operator's only. */
function signersOf(message: Uint8Array, { operator, carrier }: CommandReader): readonly KeySet[] {
  const signers = asksForReports(message) ? [carrier, operator] : [operator];
  return signers.filter((keys) => keys !== undefined);
}

/** What it says it is: with whose key it is checked depends on that, and what it then is comes from the checked claims. */
function asksForReports(message: Uint8Array): boolean {
  if (message.length > COMMAND_LIMITS.commandBytes) return false;
  try {
    const claims = claimsUnverified(Buffer.from(message).toString("latin1")) as { readonly type?: unknown } | null;
    return claims?.type === "report_resend";
  } catch {
    return false;
  }
}

async function verifiedByOne(token: string, typ: string, signers: readonly KeySet[]): Promise<unknown> {
  const [first, ...others] = signers;
  if (!first) throw new CommandRefusal("management_off");
  return verified(token, typ, first).catch((error) => {
    if (others.length === 0) throw error;
    return verifiedByOne(token, typ, others);
  });
}

/**
 * Reads a pack's token, which its publisher signs and which does not expire: that the pack is wanted here and now, the
 * operator's command says. Throws CommandRefusal.
 */
export async function readPackToken(token: string, publisher: KeySet | undefined, jti?: string): Promise<PackClaims> {
  if (!publisher) throw new CommandRefusal("pack_untrusted", "no publisher is set: MATCHLIGHT_PACK_KEY", jti);
  try {
    return parse(packSchema, await verified(token, TYPES.pack, publisher));
  } catch (error) {
    if (!(error instanceof CommandRefusal)) throw error;
    const code = error.code === "bad_signature" ? "pack_untrusted" : error.code;
    throw new CommandRefusal(code, `the pack's token: ${error.message}`, jti);
  }
}

async function verified(token: string, typ: string, keys: KeySet): Promise<unknown> {
  try {
    return await verifyWithKeySet(token, typ, keys);
  } catch (error) {
    throw new CommandRefusal("bad_signature", error instanceof Error ? error.message : String(error));
  }
}

interface Schema<T> {
  safeParse(
    claims: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function parse<T>(schema: Schema<T>, claims: unknown): T {
  const read = schema.safeParse(claims);
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const { jti } = (claims ?? {}) as { readonly jti?: unknown };
  const detail = `${first?.path.map(String).join(".") || "claims"}: ${first?.message}`;
  throw new CommandRefusal(
    "invalid_claims",
    detail,
    typeof jti === "string" && /^[\w.~-]{8,100}$/.test(jti) ? jti : undefined,
  );
}

/** That a point is on its curve, no schema can say. */
async function requirePoint({ to, jti }: Extract<CommandClaims, { readonly type: "diagnose" }>): Promise<void> {
  try {
    await readPublicKey(to, "sealing");
  } catch {
    throw new CommandRefusal("invalid_claims", "to: not a point of P-256", jti);
  }
}

function requireTime(dated: Dated, now: number, jti: string): void {
  const problem = timeProblem(dated, now);
  if (problem) throw new CommandRefusal(problem.code, problem.detail, jti);
}

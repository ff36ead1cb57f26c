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

/** A command that is not executed. It changes nothing. */
export class CommandRefusal extends refusal<CommandRefusalCode>("CommandRefusal", COMMAND_REFUSALS) {}

/** The device that reads a command, and the keys that it trusts. */
export interface CommandReader {
  readonly device: string;
  /** The operator's keys. Undefined refuses all commands of an operator. */
  readonly operator: KeySet | undefined;
  /** The carrier's keys, which may also ask for reports again. */
  readonly carrier?: KeySet | undefined;
  /** The keys of the pack publisher. Undefined refuses all packs. */
  readonly publisher: KeySet | undefined;
  readonly clock: { wallMs(): number };
  readonly clockIsSet: () => boolean;
}

const COMPACT_JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Reads a command. Checks that there is an operator, then size, form, signature, claims, addressee and time. Throws CommandRefusal. */
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

/** The keys that may sign a command. The carrier may ask for reports; everything else is for the operator. */
function signersOf(message: Uint8Array, { operator, carrier }: CommandReader): readonly KeySet[] {
  const signers = asksForReports(message) ? [carrier, operator] : [operator];
  return signers.filter((keys) => keys !== undefined);
}

/** The type before the signature is checked. It only chooses the keys; the checked claims are used afterwards. */
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
 * Reads a pack's token. Its publisher signs it, and it does not expire; the operator's command says that the pack is wanted
 * on this device now. Throws CommandRefusal.
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

/** A schema cannot check that a point is on its curve. */
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

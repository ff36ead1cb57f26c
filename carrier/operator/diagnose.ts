import {
  decrypt,
  generatePrivateJwk,
  readKeySet,
  readPrivateKey,
  verifyWithKeySet,
} from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims } from "../../protocol/messages/command-contract.ts";
import { type Identity, TYPES } from "../../protocol/messages/contract.ts";
import { type DiagnosticsClaims, diagnosticsSchema } from "../../protocol/messages/diagnostics.ts";
import { CarrierError } from "../errors.ts";
import type { Command } from "./commands.ts";

/** The diagnostics of a camera, or its refusal. */
export interface Diagnosed {
  readonly answer: AnswerClaims;
  readonly diagnostics: DiagnosticsClaims | undefined;
}

/**
 * Asks a camera for its diagnostics. A new key is made for each answer, so a later loss of the operator's key does not
 * reveal a recorded answer. Throws CarrierError `bad_input` if the diagnostics are not this camera's answer to this command.
 */
export async function diagnose(
  command: (command: Command) => Promise<AnswerClaims>,
  identity: () => Promise<Identity>,
): Promise<Diagnosed> {
  const key = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
  const { x = "", y = "" } = key.public;
  const answer = await command({ type: "diagnose", to: { kty: "EC", crv: "P-256", x, y } });
  if (answer.diagnostics === undefined) return { answer, diagnostics: undefined };
  const { signing, device } = await identity();
  try {
    const token = Buffer.from(await decrypt(answer.diagnostics, key)).toString("latin1");
    const claims = await verifyWithKeySet(token, TYPES.diagnostics, await readKeySet(signing));
    const diagnostics = diagnosticsSchema.parse(claims);
    if (diagnostics.iss === device && diagnostics.jti === answer.jti) return { answer, diagnostics };
  } catch (cause) {
    throw new CarrierError("bad_input", `the diagnostics of ${device} cannot be read`, { cause });
  }
  throw new CarrierError("bad_input", `the diagnostics are not the answer of ${device} to this command`);
}

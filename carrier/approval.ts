import { digest, type JWK, type PrivateKey, readPrivateKey } from "../protocol/encoding/tokens.ts";
import {
  APPROVAL_LIMITS,
  type ApprovalClaims,
  makeApproval,
  type ProvisionClaims,
} from "../protocol/identity/approval.ts";
import { readEnrolment } from "../protocol/identity/enrolment.ts";
import { CONTRACT_VERSION } from "../protocol/messages/contract.ts";
import { type Accepted, type Authority, acceptEnrolment, acceptRenewal, type Registered } from "./enrolment.ts";

export type { Authority } from "../protocol/identity/certificates.ts";

/** What cameras of a fleet are given, and who signs it. */
export interface FleetKeys {
  readonly operator: PrivateKey;
  readonly operatorPublic: ProvisionClaims["operator"];
  readonly broker: ProvisionClaims["broker"];
  readonly carrier: ProvisionClaims["carrier"];
  readonly publisher?: ProvisionClaims["publisher"];
}

export type FleetKeyFiles = Omit<FleetKeys, "operator" | "operatorPublic"> & { readonly operator: JWK };

/** Throws Error if a key cannot be read. */
export async function readFleetKeys({ operator: jwk, ...given }: FleetKeyFiles): Promise<FleetKeys> {
  const operator = await readPrivateKey(jwk, "signing");
  return { ...given, operator, operatorPublic: operator.public as ProvisionClaims["operator"] };
}

export interface Approval extends Accepted {
  /** To be published to the camera's `approval` topic. */
  readonly message: string;
}

export interface ApproveOptions {
  readonly token: string;
  readonly code: string;
  readonly shop?: string | undefined;
  readonly authority: Authority & { readonly days: number };
  readonly fleet: FleetKeys;
  readonly lifetimeSeconds?: number;
}

/** The time in which the camera must receive the approval. */
const HOLDS_SECONDS = 600;

/**
 * Approves an enrolment whose code somebody read at the camera. The approval has everything that the camera needs to serve.
 * The operator signs it, and it is encrypted to that camera. Throws CarrierError `bad_input`; nothing is issued then.
 */
export async function approveEnrolment(options: ApproveOptions): Promise<Approval> {
  const { token, authority, fleet, lifetimeSeconds = HOLDS_SECONDS } = options;
  const accepted = await acceptEnrolment({ ...options, days: authority.days });
  const { broker, carrier, publisher, operatorPublic } = fleet;
  const { shop } = accepted.registered;
  const given = { type: "provision", shop, broker, carrier, operator: operatorPublic } as const;
  const more = publisher ? { ...given, publisher } : given;
  const claims = { ...more, ...(await envelopeOf(token, accepted, lifetimeSeconds)) };
  return { ...accepted, message: await messageOf(token, claims, fleet) };
}

export interface RenewOptions {
  readonly token: string;
  /** The camera in the register; undefined if it is not there. */
  readonly known: Registered | undefined;
  readonly authority: Authority & { readonly days: number };
  readonly fleet: Pick<FleetKeys, "operator">;
}

/** Renews the certificate of a registered camera, which proves both its registered key and the new one. Throws CarrierError. */
export async function approveRenewal({ token, known, authority, fleet }: RenewOptions): Promise<Approval> {
  const accepted = await acceptRenewal({ token, known, authority, days: authority.days });
  const claims = { type: "renew", ...(await envelopeOf(token, accepted, HOLDS_SECONDS)) } as const;
  return { ...accepted, message: await messageOf(token, claims, fleet) };
}

async function envelopeOf(token: string, { registered, certificate }: Accepted, lifetimeSeconds: number) {
  const iat = Math.floor(Date.now() / 1_000);
  const exp = iat + Math.min(lifetimeSeconds, APPROVAL_LIMITS.lifetimeSeconds);
  return {
    v: CONTRACT_VERSION,
    iss: "operator",
    aud: registered.device,
    iat,
    exp,
    enrolment: digest(token),
    certificate,
  } as const;
}

async function messageOf(
  token: string,
  claims: ApprovalClaims,
  { operator }: Pick<FleetKeys, "operator">,
): Promise<string> {
  const { sealing } = await readEnrolment(token);
  return makeApproval(claims, operator, sealing as JWK);
}

import { type Authority, issueCertificate, readCertificateRequest } from "../protocol/identity/certificates.ts";
import { type EnrolmentClaims, enrolmentCode, isCode, readEnrolment } from "../protocol/identity/enrolment.ts";
import { CarrierError } from "./errors.ts";

export type { Authority } from "../protocol/identity/certificates.ts";

/** A camera in the carrier's register. */
export interface Registered {
  readonly device: string;
  readonly shop: string;
  /** The thumbprint of its signing key: what `pins` of `openFleet` wants. */
  readonly pin: string;
  readonly sealing: string;
  readonly enrolledAt: string;
}

/** An enrolment that was accepted: what to keep, and what to give back to the camera. */
export interface Accepted {
  readonly registered: Registered;
  /** Its TLS client certificate, PEM. */
  readonly certificate: string;
}

export interface EnrolmentOptions {
  /** The camera's token. */
  readonly token: string;
  /** The code that somebody read at the camera. It must come by another way than the token. */
  readonly code: string;
  readonly authority: Authority;
  /** The camera's shop, if the enrolment does not name it. */
  readonly shop?: string | undefined;
  /** The validity of the certificate. */
  readonly days: number;
}

/** Checks an enrolment and signs its certificate request. Throws CarrierError `bad_input`; nothing is issued then. */
export async function acceptEnrolment({ token, code, authority, days, ...more }: EnrolmentOptions): Promise<Accepted> {
  const claims = await readEnrolment(token).catch((error) => refuse(`it is no enrolment: ${error.message}`));
  const { iss: device, signing, sealing, request } = claims;
  const shop = more.shop ?? claims.shop ?? refuse("it does not say where the camera stands: name the shop");
  if (!isCode(code, await enrolmentCode(signing.kid))) {
    refuse("the code is not this camera's: compare it again, and do not register the camera if it still differs");
  }
  if (RESERVED.includes(device))
    refuse(`no camera may be called ${device}: that name has rights of its own at the broker`);
  await requireSameName(claims);
  const certificate = await issueCertificate(request, authority, days).catch((error) => refuse(error.message));
  const enrolledAt = new Date().toISOString();
  return { registered: { device, shop, pin: signing.kid, sealing: sealing.kid, enrolledAt }, certificate };
}

export interface RenewalOptions {
  readonly token: string;
  /** The camera as it is registered. */
  readonly known: Registered | undefined;
  readonly authority: Authority;
  readonly days: number;
}

/**
 * Checks that a registered camera asks for a new certificate with its registered key, and signs the certificate. Throws
 * CarrierError `bad_input`; nothing is issued then.
 */
export async function acceptRenewal({ token, known, authority, days }: RenewalOptions): Promise<Accepted> {
  const claims = await readEnrolment(token).catch((error) => refuse(`it is no enrolment: ${error.message}`));
  if (!known || known.device !== claims.iss) refuse(`${claims.iss} is not registered`);
  if (known.pin !== claims.signing.kid) refuse(`${claims.iss} is registered with another key`);
  await requireSameName(claims);
  const certificate = await issueCertificate(claims.request, authority, days).catch((error) => refuse(error.message));
  return { registered: { ...known, sealing: claims.sealing.kid }, certificate };
}

/** The users of deploy/broker/carriers.acl. */
const RESERVED: readonly string[] = ["carrier", "operator"];

async function requireSameName({ iss, request }: EnrolmentClaims): Promise<void> {
  const asked = await readCertificateRequest(request).catch((error) => refuse(error.message));
  if (asked.device !== iss) refuse(`it calls itself ${iss} and wants a certificate for ${asked.device}`);
}

function refuse(words: string): never {
  throw new CarrierError("bad_input", words);
}

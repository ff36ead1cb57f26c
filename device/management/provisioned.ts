import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { parseJson } from "../../protocol/encoding/bounded-json.ts";
import { ApprovalRefusal, approvalSchema, type ProvisionClaims } from "../../protocol/identity/approval.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import { unreadable } from "../faults.ts";
import { type Environment, readSettings } from "../settings/environment.ts";
import { writeWhole } from "../storage/atomic-file.ts";

const claims = approvalSchema.options[0].shape;

/** The result of an enrolment, with its TLS key. It is one file, so that key and certificate change together. */
const provisionedSchema = z.object({
  v: claims.v,
  device: claims.aud,
  shop: claims.shop,
  broker: claims.broker,
  carrier: claims.carrier,
  operator: claims.operator,
  publisher: claims.publisher,
  certificate: claims.certificate,
  key: claims.certificate,
  /** The pair before, for a broker that does not accept the new one. */
  previous: z.object({ certificate: claims.certificate, key: claims.certificate }).optional(),
});

export type Provisioned = Readonly<z.infer<typeof provisionedSchema>>;

const FILE = { bytes: 262_144, depth: 8 } as const;

/** No file, or no folder. */
const ABSENT: readonly string[] = ["ENOENT", "ENOTDIR"];

function fileOf(dataFolder: string): string {
  return join(dataFolder, "provisioned.json");
}

/**
 * The result of this camera's enrolment, if there was one. An invalid file is set aside: then the camera can be enrolled
 * again, and does not restart again and again. Throws DeviceFault `storage_failed` for a file that cannot be read: a
 * provisioned camera must not enrol because its disk fails.
 */
export async function readProvisioned(dataFolder: string): Promise<Provisioned | undefined> {
  const file = fileOf(dataFolder);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== undefined && ABSENT.includes(cause.code)) return undefined;
    throw unreadable("storage_failed", file, cause);
  });
  if (text === undefined) return undefined;
  try {
    return provisionedSchema.parse(parseJson(text, FILE));
  } catch {
    await rename(file, `${file}.damaged`).catch(() => undefined);
    return undefined;
  }
}

/** Stores it in one step. Throws ApprovalRefusal `storage_failed`, and then keeps the old content. */
export async function writeProvisioned(dataFolder: string, provisioned: Provisioned): Promise<void> {
  try {
    await mkdir(dataFolder, { recursive: true, mode: 0o700 });
    await writeWhole(fileOf(dataFolder), JSON.stringify(provisioned, null, 2));
  } catch (error) {
    throw new ApprovalRefusal("storage_failed", error instanceof Error ? error.message : String(error));
  }
}

/** The same as environment variables. Pure. */
export function environmentOf({
  device,
  broker,
  carrier,
  operator,
  publisher,
  certificate,
  key,
}: Provisioned): Environment {
  return {
    MATCHLIGHT_DEVICE_ID: device,
    MATCHLIGHT_BROKER_URL: broker.url,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(carrier),
    MATCHLIGHT_OPERATOR_KEY: JSON.stringify(operator),
    ...(publisher ? { MATCHLIGHT_PACK_KEY: JSON.stringify(publisher) } : {}),
    ...(broker.topics ? { MATCHLIGHT_TOPICS: broker.topics } : {}),
    ...(broker.url.startsWith("mqtts:") ? tlsOf(broker.ca, certificate, key) : {}),
  };
}

function tlsOf(ca: string | undefined, certificate: string, key: string): Environment {
  return {
    ...(ca ? { MATCHLIGHT_BROKER_CA: ca } : {}),
    MATCHLIGHT_BROKER_CERT: certificate,
    MATCHLIGHT_BROKER_KEY: key,
  };
}

/** An approval with its key. Throws ApprovalRefusal if they do not fit, or a setting is wrong. */
export function provisionedBy(approval: ProvisionClaims, key: string, wallMs: number): Provisioned {
  const { v, aud: device, shop, broker, carrier, operator, publisher, certificate } = approval;
  requireCertificate(certificate, device, key, wallMs);
  const provisioned = { v, device, shop, broker, carrier, operator, publisher, certificate, key };
  const { wrong } = readSettings(environmentOf(provisioned));
  if (wrong.length > 0) throw new ApprovalRefusal("wrong_settings", wrong.join(" "));
  return provisioned;
}

/** Throws ApprovalRefusal `wrong_certificate`. */
export function requireCertificate(pem: string, device: string, key: string, wallMs: number): void {
  const refuse = (why: string): never => {
    throw new ApprovalRefusal("wrong_certificate", why);
  };
  const certificate = readCertificate(pem) ?? refuse("it cannot be read");
  if (!certificate.checkPrivateKey(createPrivateKey(key))) refuse("it is for another key");
  if (!certificate.subject.split("\n").includes(`CN=${device}`)) refuse("it is for another name");
  if (Date.parse(certificate.validTo) <= wallMs) refuse("it has expired");
  if (Date.parse(certificate.validFrom) > wallMs + LIMITS.clockSkewSeconds * 1_000) refuse("it is not valid yet");
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { enrolmentCode, signEnrolment } from "../../protocol/identity/enrolment.ts";
import { makeTlsKey } from "../../protocol/identity/tls-key.ts";
import { CONTRACT_VERSION, type Identity } from "../../protocol/messages/contract.ts";
import { DeviceFault } from "../faults.ts";
import { writeWhole } from "../storage/atomic-file.ts";
import { type DeviceKeys, loadKeys } from "./device-keys.ts";

/** The files of a camera for TLS. */
export function tlsFiles(dataFolder: string) {
  const at = (name: string) => join(dataFolder, "tls", name);
  return {
    key: at("client.key"),
    newKey: at("client.key.next"),
    certificate: at("client.crt"),
    authority: at("ca.crt"),
  } as const;
}

/** The enrolment of a camera, and the code that people compare to make sure that it comes from this camera. */
interface Enrolment {
  readonly token: string;
  readonly code: string;
}

interface ProvisionOptions {
  readonly dataFolder: string;
  readonly device: string;
  /** The shop's name, as its carrier knows it. */
  readonly shop: string;
  /** Makes a new TLS key, for a camera that is provisioned again. */
  readonly newTlsKey: boolean;
}

/** Makes an enrolment, and the missing keys. Throws DeviceFault. */
export async function makeEnrolment({ dataFolder, device, shop, newTlsKey }: ProvisionOptions): Promise<Enrolment> {
  const keys = await loadKeys(dataFolder);
  const key = await tlsKey(dataFolder, newTlsKey);
  const token = await enrolmentToken({ device, shop, keys, key, wallMs: Date.now() });
  return { token, code: (await enrolmentCode(keys.signing.public.kid ?? "")).letters };
}

interface EnrolmentParts {
  readonly device: string;
  readonly shop?: string;
  readonly keys: Pick<DeviceKeys, "signing" | "sealing">;
  /** The TLS key for which a certificate is requested, PEM. */
  readonly key: string;
  readonly wallMs: number;
}

/** An enrolment. It is signed with the key to be registered; its certificate request is signed with the TLS key. */
export async function enrolmentToken({ device, shop, keys, key, wallMs }: EnrolmentParts): Promise<string> {
  const { signing, sealing } = keys;
  const { requestCertificate } = await import("../../protocol/identity/certificates.ts");
  const claims = {
    v: CONTRACT_VERSION,
    iss: device,
    iat: Math.floor(wallMs / 1000),
    ...(shop === undefined ? {} : { shop }),
    signing: signing.public as Identity["signing"],
    sealing: sealing.public as Identity["sealing"],
    request: await requestCertificate(device, key),
  } as const;
  return signEnrolment(claims, signing);
}

/**
 * Stores the certificate from the carrier, and the new key if the certificate is for it. Throws DeviceFault
 * `settings_refused` if it is no certificate of that authority for a key of this camera, and then changes nothing;
 * `storage_failed` if it cannot be written.
 */
export async function installCertificate(dataFolder: string, certificate: string, authority: string): Promise<void> {
  const files = tlsFiles(dataFolder);
  const issued = readIssued(certificate, authority);
  const keys = await Promise.all(
    [files.newKey, files.key].map((file) => readFile(file, "utf8").catch(() => undefined)),
  );
  const own = keys.find((key) => key !== undefined && issued.checkPrivateKey(createPrivateKey(key)));
  if (own === undefined) throw refused("it is for the key of another camera");
  await storing(files.certificate, async () => {
    await writeWhole(files.key, own);
    await writeWhole(files.certificate, certificate);
    await writeWhole(files.authority, authority);
    await rm(files.newKey, { force: true });
  });
}

function readIssued(certificate: string, authority: string): X509Certificate {
  try {
    const [issued, by] = [new X509Certificate(certificate), new X509Certificate(authority)];
    if (issued.checkIssued(by) && issued.verify(by.publicKey)) return issued;
  } catch (cause) {
    throw refused("certificate or authority cannot be read", cause);
  }
  throw refused("the authority beside it did not issue it");
}

function refused(why: string, cause?: unknown): DeviceFault {
  return new DeviceFault("settings_refused", `The certificate is not for this camera: ${why}.`, { cause });
}

/** A new key stays beside the one in use until its certificate comes, so the camera continues to work. */
async function tlsKey(dataFolder: string, fresh: boolean): Promise<string> {
  const { key, newKey } = tlsFiles(dataFolder);
  const known = await readFile(key, "utf8").catch(() => undefined);
  if (known !== undefined && !fresh) return known;
  const made = await makeTlsKey();
  const place = known === undefined ? key : newKey;
  await storing(place, async () => {
    await mkdir(join(dataFolder, "tls"), { recursive: true, mode: 0o700 });
    await writeWhole(place, made);
  });
  return made;
}

async function storing(file: string, work: () => Promise<void>): Promise<void> {
  await work().catch((cause: unknown) => {
    throw new DeviceFault("storage_failed", `${file} cannot be written.`, { cause });
  });
}

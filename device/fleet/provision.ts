import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DeviceFault } from "../faults.ts";
import { makeTlsKey, requestCertificate } from "../link/certificates.ts";
import { CONTRACT_VERSION, type Identity } from "../link/contract.ts";
import { writeWhole } from "../link/copy.ts";
import { enrolmentCode, signEnrolment } from "../link/enrolment.ts";
import { loadKeys } from "./identity.ts";

/** Where a camera keeps what it needs for TLS. */
export function tlsFiles(dataFolder: string) {
  const at = (name: string) => join(dataFolder, "tls", name);
  return { key: at("client.key"), certificate: at("client.crt"), authority: at("ca.crt") } as const;
}

/** What a camera gives its carrier, and the code by which people make sure that it is its own. */
export interface Enrolment {
  readonly token: string;
  readonly code: string;
}

export interface ProvisionOptions {
  readonly dataFolder: string;
  readonly device: string;
  /** The shop's name, as its carrier knows it. */
  readonly shop: string;
  /** Makes a new TLS key, for a camera that is provisioned again. */
  readonly newTlsKey: boolean;
}

/** Makes an enrolment, and the keys that are not there yet. Throws DeviceFault. */
export async function makeEnrolment({ dataFolder, device, shop, newTlsKey }: ProvisionOptions): Promise<Enrolment> {
  const { signing, sealing } = await loadKeys(dataFolder);
  const key = await tlsKey(dataFolder, newTlsKey);
  const claims = {
    v: CONTRACT_VERSION,
    iss: device,
    iat: Math.floor(Date.now() / 1000),
    shop,
    signing: signing.public as Identity["signing"],
    sealing: sealing.public as Identity["sealing"],
    request: await requestCertificate(device, key),
  } as const;
  return { token: await signEnrolment(claims, signing), code: enrolmentCode(signing.public.kid ?? "") };
}

/** Puts what the carrier gave back into its place. Throws DeviceFault `storage_failed`. */
export async function installCertificate(dataFolder: string, certificate: string, authority: string): Promise<void> {
  const files = tlsFiles(dataFolder);
  await storing(files.certificate, async () => {
    await mkdir(join(dataFolder, "tls"), { recursive: true, mode: 0o700 });
    await writeWhole(files.certificate, certificate);
    await writeWhole(files.authority, authority);
  });
}

async function tlsKey(dataFolder: string, fresh: boolean): Promise<string> {
  const { key } = tlsFiles(dataFolder);
  const known = fresh ? undefined : await readFile(key, "utf8").catch(() => undefined);
  if (known !== undefined) return known;
  const made = await makeTlsKey();
  await storing(key, async () => {
    await mkdir(join(dataFolder, "tls"), { recursive: true, mode: 0o700 });
    await writeWhole(key, made);
  });
  return made;
}

async function storing(file: string, work: () => Promise<void>): Promise<void> {
  await work().catch((cause: unknown) => {
    throw new DeviceFault("storage_failed", `${file} cannot be written.`, { cause });
  });
}

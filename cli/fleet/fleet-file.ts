import { dirname, resolve } from "node:path";
import { z } from "zod";
import { type Authority, type FleetKeys, readFleetKeys } from "../../carrier/approval.ts";
import { readBrokerUrl } from "../../device/settings/parsers.ts";
import type { BootstrapClaims } from "../../protocol/identity/bootstrap.ts";
import { CONTRACT_VERSION, isTopicTemplate } from "../../protocol/messages/contract.ts";
import { type Tls, tlsProblem } from "../../protocol/mqtt/client.ts";
import { jsonOf, readJson, readNamed } from "../console/files.ts";

/** An address with the files for TLS, each a path relative to the fleet file. */
const reach = z.object({
  broker: z.string().refine((text) => "value" in readBrokerUrl(text), "it must start with mqtt:// or mqtts://"),
  topics: z.string().refine(isTopicTemplate, "it must have {device} and {channel} once each").optional(),
  ca: z.string().optional(),
  cert: z.string().optional(),
  certKey: z.string().optional(),
});

/** The configuration of a fleet, for its operator. */
const fleetSchema = z.object({
  /** The operators' address at the broker where cameras enrol. */
  enrolment: reach,
  /** The operators' address at the broker where cameras serve, for renewals. */
  operators: reach.optional(),
  /** The address and credential with which cameras enrol. */
  bootstrap: reach,
  /** The address and settings with which cameras serve. */
  cameras: reach.omit({ cert: true, certKey: true }).extend({
    carrierKey: z.string(),
    packKey: z.string().optional(),
  }),
  /** The operator's private key. */
  operatorKey: z.string(),
  /** The authority of the cameras' certificates, and their validity in days. */
  authority: z.object({
    certificate: z.string(),
    key: z.string(),
    days: z.number().min(0.0001).max(36_500).default(825),
  }),
  register: z.string(),
});

type FleetText = z.infer<typeof fleetSchema>;
type Reach = z.infer<typeof reach>;

export interface FleetFile {
  /** The path of the fleet file. */
  readonly file: string;
  readonly text: FleetText;
  /** Resolves the path of a file that the fleet file names. */
  path(name: string): string;
  read(name: string): Promise<string>;
  /** Reads a key. The caller checks its type. */
  readKey<T extends object>(name: string): Promise<T>;
}

const FILE = { bytes: 65_536, depth: 6 } as const;
const KEY = "a key, as keygen wrote it";
const WHAT = "a fleet file: deploy/README.md shows one";

/** Reads a fleet file. Throws Error that names what is wrong. */
export async function readFleetFile(file: string): Promise<FleetFile> {
  const read = fleetSchema.safeParse(jsonOf((await readNamed(file, WHAT)).toString("utf8"), file, WHAT, FILE));
  if (!read.success) {
    const [first] = read.error.issues;
    throw new Error(`${file} is no fleet file: ${first?.path.join(".")}: ${first?.message}`);
  }
  const path = (name: string) => resolve(dirname(file), name);
  return {
    file,
    text: read.data,
    path,
    read: async (name) => (await readNamed(path(name), `a file that ${file} names`)).toString("utf8"),
    readKey: (name) => readJson(path(name), KEY),
  };
}

/** Names a broker by its place in the fleet file, because its address may contain a password. */
export function whichBroker({ file, text }: FleetFile, at: "enrolment" | "operators"): string {
  return `the broker at ${new URL(text[at]?.broker ?? "").host}, "${at}" in ${file},`;
}

/** The files for TLS of an address. */
export async function tlsOf({ file, read }: FleetFile, { broker, ca, cert, certKey }: Reach): Promise<Tls> {
  const tls = {
    ...(ca ? { ca: await read(ca) } : {}),
    ...(cert ? { cert: await read(cert) } : {}),
    ...(certKey ? { key: await read(certKey) } : {}),
  };
  const problem = tlsProblem(new URL(broker), tls);
  if (problem) throw new Error(`${file}: ${problem}`);
  return tls;
}

export async function authorityOf({ text, read }: FleetFile): Promise<Authority & { readonly days: number }> {
  const { certificate, key, days } = text.authority;
  return { certificate: await read(certificate), key: await read(key), days };
}

/** Reads the operator's key and the data for cameras. */
export async function fleetKeysOf({ text, read, readKey }: FleetFile): Promise<FleetKeys> {
  const { broker: url, ca, topics, carrierKey, packKey } = text.cameras;
  return readFleetKeys({
    operator: await readKey(text.operatorKey),
    broker: { url, ...(ca ? { ca: await read(ca) } : {}), ...(topics ? { topics } : {}) },
    carrier: await readKey(carrierKey),
    ...(packKey ? { publisher: await readKey(packKey) } : {}),
  });
}

/** Makes the bootstrap credential, for the image or MATCHLIGHT_BOOTSTRAP. */
export async function bootstrapOf(fleet: FleetFile): Promise<BootstrapClaims> {
  const { broker, topics } = fleet.text.bootstrap;
  const { operatorPublic } = await fleetKeysOf(fleet);
  return {
    v: CONTRACT_VERSION,
    broker,
    ...(topics ? { topics } : {}),
    ...(await tlsOf(fleet, fleet.text.bootstrap)),
    operator: operatorPublic,
  };
}

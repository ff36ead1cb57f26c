import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import type { Tls } from "../../protocol/mqtt/client.ts";
import type { TrialBroker, TrialListener } from "./broker.ts";

/** The folder of an operator: keys, fleet files and the register. */
export interface FleetFolder {
  readonly keys: Readonly<Record<"carrier" | "operator" | "publisher", JWK>>;
  /** The path for `--fleet`. Its certificates are valid for a month. */
  readonly fleetFile: string;
  /** A second path for `--fleet`: first certificates have the requested lifetime. */
  readonly firstFleetFile: string;
  readonly register: string;
  /** Files with the private keys. */
  readonly carrierKey: string;
  readonly operatorKey: string;
}

const DAYS = 30;
const DAY_SECONDS = 86_400;

/** Makes keys and fleet files. `firstLifeSeconds` is the lifetime of a camera's first certificate. */
export async function layOutFleet(
  folder: string,
  broker: TrialBroker,
  firstLifeSeconds: number | undefined,
): Promise<FleetFolder> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keys = {
    carrier: await makeKey(folder, "carrier"),
    operator: await makeKey(folder, "operator"),
    publisher: await makeKey(folder, "publisher"),
  };
  const firstDays = firstLifeSeconds === undefined ? DAYS : firstLifeSeconds / DAY_SECONDS;
  const [fleetFile, firstFleetFile] = [join(folder, "fleet.json"), join(folder, "fleet-first.json")];
  await writeFleetFile(fleetFile, broker, broker.bootstrapUrl, DAYS);
  await writeFleetFile(firstFleetFile, broker, broker.bootstrapUrl, firstDays);
  return {
    keys,
    fleetFile,
    firstFleetFile,
    register: join(folder, "register.json"),
    carrierKey: join(folder, "carrier.private.jwk"),
    operatorKey: join(folder, "operator.private.jwk"),
  };
}

/** The fleet file for cameras that enrol later. */
export async function writeFleetFile(
  file: string,
  { cameras, carriers, enrolmentUrl }: TrialBroker,
  bootstrapUrl: URL,
  days = DAYS,
): Promise<void> {
  const ca = join(cameras.authority, "ca.crt");
  const at = (name: string) => join(carriers.authority, name);
  const operator = { ca: at("ca.crt"), cert: at("operator.crt"), certKey: at("operator.key") };
  const fleet = {
    enrolment: { broker: enrolmentUrl.href, ...operator },
    operators: { broker: carriers.url.href, ...operator },
    bootstrap: { broker: bootstrapUrl.href, ca },
    cameras: { broker: cameras.url.href, ca, carrierKey: "carrier.public.jwk", packKey: "publisher.public.jwk" },
    operatorKey: "operator.private.jwk",
    authority: { certificate: ca, key: join(cameras.authority, "ca.key"), days },
    register: "register.json",
  };
  await writeFile(file, JSON.stringify(fleet, null, 2));
}

async function makeKey(folder: string, name: string): Promise<JWK> {
  const secret = await generatePrivateJwk("signing");
  const { d: _, ...open } = secret;
  await writeFile(join(folder, `${name}.private.jwk`), JSON.stringify(secret), { mode: 0o600 });
  await writeFile(join(folder, `${name}.public.jwk`), JSON.stringify(open));
  return secret;
}

/** A client's TLS files for a listener. */
export async function clientTls({ authority }: TrialListener, name: string): Promise<Tls> {
  const read = (file: string) => readFile(join(authority, file), "utf8");
  return { ca: await read("ca.crt"), cert: await read(`${name}.crt`), key: await read(`${name}.key`) };
}

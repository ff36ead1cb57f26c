import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeProvisioned } from "../../device/management/provisioned.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import type { Tls } from "../../protocol/mqtt/client.ts";
import type { EnrollingDevice } from "./enrolment-stage.ts";
import { startEnrollingDevice } from "./enrolment-stage.ts";

/** A camera that an enrolment has provisioned, in a process of its own, and whoever may manage it. */
export interface ProvisionedDevice {
  readonly operator: JWK;
  readonly carrier: JWK;
  start(environment?: Readonly<Record<string, string>>): Promise<EnrollingDevice>;
}

/** Its broker's address comes from an enrolment and not from the environment, so that commands can change it. */
export async function provisionDevice(
  folder: string,
  device: string,
  url: URL,
  tls: Tls = {},
): Promise<ProvisionedDevice> {
  const [carrier, operator] = [await generatePrivateJwk("signing"), await generatePrivateJwk("signing")];
  await mkdir(join(folder, device), { recursive: true });
  const { ca, cert = "no TLS", key = "no TLS" } = tls;
  await writeProvisioned(join(folder, device), {
    v: 1,
    device,
    shop: "Test",
    broker: { url: url.href, ...(ca ? { ca } : {}) },
    carrier: publicOf(carrier),
    operator: publicOf(operator),
    certificate: cert,
    key,
  });
  const start = (environment = {}) =>
    startEnrollingDevice({ folder }, device, { MATCHLIGHT_BROKER_SPREAD_MS: "100", ...environment });
  return { operator, carrier, start };
}

function publicOf({ d: _, ...jwk }: JWK) {
  return jwk as { kty: string; crv: string; x: string; kid: string };
}

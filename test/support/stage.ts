import { join } from "node:path";
import type { Test } from "tap";
import { type Carrier, openCarrier } from "../../carrier/client.ts";
import { type Device, openDevice } from "../../device/app/device.ts";
import type { Parts } from "../../device/app/parts.ts";
import { type Log, openLog } from "../../device/process/log.ts";
import { type Environment, readConfig } from "../../device/settings/environment.ts";
import type { Light } from "../../drivers/light/light.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import { LIMITS, type ReportClaims } from "../../protocol/messages/contract.ts";
import { startTestBroker, type TestBroker } from "./broker.ts";

/** A whole device, a broker and a carrier, for one test file. */
export interface TestStage {
  readonly broker: TestBroker;
  readonly device: Device;
  readonly carrier: Carrier;
  readonly key: JWK;
  readonly dataFolder: string;
}

export interface StageOptions {
  /** What `MATCHLIGHT_CAMERA` would say. */
  readonly camera: string;
  readonly own?: Partial<Parts>;
  readonly log?: Log;
  /** Settings beside those that every stage has. */
  readonly environment?: Environment;
}

export const TEST_DEVICE = "test-camera";

/** Sets it all up and takes it down when the test ends. */
export async function setTestStage(
  t: Test,
  { camera, own = {}, log, environment = {} }: StageOptions,
): Promise<TestStage> {
  const broker = await startTestBroker();
  t.teardown(() => broker[Symbol.asyncDispose]());
  const key = await generatePrivateJwk("signing");
  const { d: _, ...publicKey } = key;
  const dataFolder = join(t.testdir({}), "data");
  const settings = readConfig({
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: TEST_DEVICE,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: camera,
    MATCHLIGHT_DATA_DIR: dataFolder,
    MATCHLIGHT_BROKER_SPREAD_MS: "500",
    ...environment,
  });
  const device = await openDevice(settings, log ?? openLog("silent", TEST_DEVICE), { light: darkLight, ...own });
  t.teardown(() => device[Symbol.asyncDispose]());
  const carrier = await openCarrier({ brokerUrl: broker.url, device: TEST_DEVICE, key });
  t.teardown(() => carrier[Symbol.asyncDispose]());
  return { broker, device, carrier, key, dataFolder };
}

/** A light that nobody sees. */
export const darkLight: Light = { name: "dark", show: () => undefined, [Symbol.asyncDispose]: async () => undefined };

/**
 * What a carrier asks in most tests. A machine busy with other tests gives the device few frames in a second, and signs of
 * life come late: it may take the longest that the contract allows, and asks nobody to turn the head who cannot hear it.
 */
export function askWith(reference: Uint8Array, timeoutMs: number = LIMITS.timeoutMs.most) {
  return {
    reference,
    consent: { id: "consent-1", at: Math.floor(Date.now() / 1000), notice: "notice-1" },
    purpose: "test",
    policy: { timeoutMs, challenge: "never" as const },
  };
}

/** What a device decided, with the reason where it tells one: `match`, or `inconclusive: timeout, no face …`. */
export function decided({ decision, reason, detail }: ReportClaims): string {
  return [decision, [reason, detail].filter(Boolean).join(", ")].filter(Boolean).join(": ");
}

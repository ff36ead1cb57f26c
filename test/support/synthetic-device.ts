import { Writable } from "node:stream";
import { type Device, openDevice } from "../../device/app/device.ts";
import type { Parts } from "../../device/app/parts.ts";
import { openLog } from "../../device/process/log.ts";
import { readConfig } from "../../device/settings/environment.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { darkLight } from "./stage.ts";
import { syntheticCamera, syntheticInference } from "./synthetic.ts";

export interface SyntheticOptions {
  readonly brokerUrl: URL;
  readonly name: string;
  /** The carrier's private key; the device gets its public half. */
  readonly carrier: JWK;
  readonly dataFolder: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly own?: Partial<Parts>;
  /** Told every line of the log as it is written. */
  readonly said?: (line: LogLine) => void;
}

export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** The whole device with real keys, link, ledger, outbox and service; only camera, light and networks are not real. */
export async function openSynthetic(
  options: SyntheticOptions,
): Promise<{ readonly device: Device; readonly log: readonly LogLine[] }> {
  const { d: _, ...publicKey } = options.carrier;
  const settings = readConfig({
    MATCHLIGHT_BROKER_URL: options.brokerUrl.href,
    MATCHLIGHT_DEVICE_ID: options.name,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: "film:/none",
    MATCHLIGHT_DATA_DIR: options.dataFolder,
    MATCHLIGHT_BROKER_SPREAD_MS: "500",
    ...options.environment,
  });
  const log: LogLine[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      for (const text of String(chunk).trim().split("\n")) {
        const line: LogLine = JSON.parse(text);
        log.push(line);
        options.said?.(line);
      }
      done();
    },
  });
  const own = { light: darkLight, camera: syntheticCamera(), inference: syntheticInference(), ...options.own };
  return { device: await openDevice(settings, openLog("debug", options.name, out), own), log };
}

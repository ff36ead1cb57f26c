import {
  credentialsProblem,
  isBrokerUrl,
  type Outgoing,
  openMqttClient,
  type Probe,
  type Tls,
} from "../../protocol/mqtt/client.ts";
import { CarrierError } from "../errors.ts";
import { type DeviceListener, type ListenerOptions, listenToDevices } from "./device-listener.ts";

export interface ConnectOptions extends ListenerOptions {
  readonly brokerUrl: URL | string;
  readonly clientId: string;
  readonly subscribe: readonly string[];
  readonly probe?: Probe | undefined;
  readonly tls?: Tls | undefined;
  readonly sessionSeconds?: number | undefined;
  readonly withinMs: number;
}

/** A connection to a broker, and what was received over it. */
export interface Connection extends AsyncDisposable {
  readonly devices: DeviceListener;
  /** Resolves when the broker has the message. Throws CarrierError `broker_unreachable`. */
  publish(message: Omit<Outgoing, "qos" | "retain">): Promise<void>;
}

/** No part of the address is in the error: it may hold a password. */
function readUrl(address: URL | string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url && isBrokerUrl(url)) return url;
  const instead = url ? `, and not ${url.protocol}` : " and a host";
  throw new CarrierError("bad_input", `the broker's address must start with mqtt:// or mqtts://${instead}`);
}

/** Connects and listens. Throws CarrierError `broker_unreachable`, or `bad_input` for address and credentials. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { clientId, subscribe, probe, tls, sessionSeconds = 0, withinMs } = options;
  const url = readUrl(options.brokerUrl);
  const problem = credentialsProblem(url, tls ?? {});
  if (problem) throw new CarrierError("bad_input", problem);
  const broker = openMqttClient({
    url,
    clientId,
    subscribe,
    sessionSeconds,
    ...(probe ? { probe } : {}),
    ...(tls ? { tls } : {}),
  });
  const devices = listenToDevices(broker, options);
  const unreachable = (why: string, cause?: unknown) =>
    new CarrierError("broker_unreachable", `the broker at ${url.host} cannot be reached: ${why}`, { cause });
  try {
    await devices.connected.within(withinMs, () => unreachable(devices.trouble() || "no answer"));
  } catch (error) {
    await broker[Symbol.asyncDispose]();
    throw error;
  }
  return {
    devices,
    async publish(message) {
      try {
        await broker.publish({ ...message, qos: 1, retain: false });
      } catch (error) {
        throw unreachable(error instanceof Error ? error.message : String(error), error);
      }
    },
    async [Symbol.asyncDispose]() {
      devices.end(new CarrierError("broker_unreachable", `the connection to the broker at ${url.host} was closed`));
      await broker[Symbol.asyncDispose]();
    },
  };
}

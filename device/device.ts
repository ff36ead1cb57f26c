import type { LightEvents } from "../drivers/gpio-lamp.ts";
import { ModelError } from "../models/errors.ts";
import type { Threshold } from "../models/manifest.ts";
import { chooseThreshold } from "../models/threshold.ts";
import { watchCamera } from "./camera-watch.ts";
import { loadCarrierKey } from "./carrier-key.ts";
import { type Opened, opened } from "./closing.ts";
import { type Front, openFront } from "./front.ts";
import type { LoadedPack } from "./inference-messages.ts";
import { type Broker, type BrokerEvents, openBroker } from "./link/broker.ts";
import { CONTRACT_VERSION, type Identity, topicsOf } from "./link/contract.ts";
import { openLedger } from "./link/ledger.ts";
import { type Outbox, openOutbox } from "./link/outbox.ts";
import { Refusal } from "./link/request.ts";
import type { Log } from "./log.ts";
import { openParts, type Parts } from "./parts.ts";
import { openReception } from "./reception.ts";
import { openService, type Service } from "./service.ts";
import type { Settings } from "./settings.ts";
import { VERSION } from "./version.ts";
import { lastWill, openWire, type Wire } from "./wire.ts";

/** A running device. Disposing it ends what runs, stores its report, says goodbye and turns the light off. */
export interface Device extends AsyncDisposable {
  readonly identity: Identity;
  /** Resolves, with the cause, when only a new start helps. */
  readonly fatal: Promise<unknown>;
}

/** Opens the parts top to bottom and serves requests. Throws DeviceFault; what was opened by then is closed again. */
export async function openDevice(settings: Settings, log: Log, own: Partial<Parts> = {}): Promise<Device> {
  const all = opened();
  try {
    const health = lightHealth(log);
    const parts = await openParts(settings, all, health.events, own);
    return {
      ...(await assemble(settings, parts, log, all, health)),
      [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
    };
  } catch (error) {
    await all[Symbol.asyncDispose]();
    throw error;
  }
}

/** A light can fail before there is anything to tell it to: what it said by then is told as soon as there is. */
function lightHealth(log: Log) {
  let front: Front | undefined;
  let broken = false;
  const tell = () => (broken ? front?.raise("light_failed") : front?.clear("light_failed"));
  const events: LightEvents = {
    failed(error) {
      broken = true;
      log.error({ event: "light_failed", reason: error.message });
      tell();
    },
    working() {
      broken = false;
      log.info({ event: "light_works" });
      tell();
    },
  };
  const tellTo = (there: Front) => {
    front = there;
    tell();
  };
  return { events, tellTo };
}

async function assemble(
  settings: Settings,
  parts: Parts,
  log: Log,
  all: Opened,
  health: ReturnType<typeof lightHealth>,
) {
  const { keys, clock, inference, light } = parts;
  const device = settings.deviceId;
  const topics = topicsOf(settings.topicRoot, device);
  const carrier = await loadCarrierKey(settings.carrierKey);
  const identity = describe(device, parts);
  const will = lastWill(topics, device);
  const broker = openBroker({ url: settings.brokerUrl, clientId: device, subscribe: [topics.request], will });
  const wire = openWire({ broker, topics, device, signing: keys.signing, wallMs: clock.wallMs });
  const telling = (what: Promise<void>) =>
    void what.catch((error) => log.debug({ event: "unsent", reason: String(error) }));
  const front = openFront({ device, light, statusChanged: (status) => telling(wire.status(status)) });
  health.tellTo(front);
  const ledger = openLedger(parts.store, clock.wallMs);
  const outbox = openOutbox(ledger, wire.report, (error) => log.info({ event: "reports_wait", reason: String(error) }));
  const { fatal, fail } = fatally();
  const service = openService({
    ...{ ...parts, device, signing: keys.signing, ledger, outbox, front, log },
    timeoutMs: settings.timeoutMs,
    fmr: settings.fmr,
    thresholdFor: thresholds(inference.pack),
    tell: (progress) => telling(wire.progress(progress)),
    fatal: fail,
  });
  const reception = openReception({ reader: { device, sealing: keys.sealing, carrier, clock }, service, wire, log });
  await service.settleInterrupted();
  closeInOrder({ all, broker, outbox, service, wire, will: JSON.parse(will.payload) });
  front.update({ session: undefined });
  all.use(watchCamera({ camera: parts.camera, front, log, busy: service.busy }));
  broker.start(
    brokerEvents({ front, outbox, wire, log, identity, telling, receive: (message) => reception.add(message) }),
  );
  return { identity, fatal };
}

function describe(device: string, { keys, inference }: Parts): Identity {
  const { id, hash } = inference.pack;
  const open = (jwk: typeof keys.signing.public) => jwk as Identity["signing"];
  const [signing, sealing] = [open(keys.signing.public), open(keys.sealing.public)];
  return { v: CONTRACT_VERSION, device, software: VERSION, signing, sealing, pack: { id, hash } };
}

function fatally() {
  let fail: (cause: unknown) => void = () => undefined;
  const fatal = new Promise<unknown>((resolve) => {
    fail = resolve;
  });
  return { fatal, fail: (cause: unknown) => fail(cause) };
}

function thresholds(pack: LoadedPack): (fmr: number, jti?: string) => Threshold {
  return (fmr, jti) => {
    try {
      return chooseThreshold(pack.thresholds, fmr);
    } catch (error) {
      if (error instanceof ModelError) throw new Refusal("fmr_unsupported", error.message, jti);
      throw error;
    }
  };
}

interface EventParts {
  readonly front: Front;
  readonly outbox: Outbox;
  readonly wire: Wire;
  readonly log: Log;
  readonly identity: Identity;
  readonly telling: (what: Promise<void>) => void;
  readonly receive: (message: Uint8Array) => void;
}

function brokerEvents({ front, outbox, wire, log, identity, telling, receive }: EventParts): BrokerEvents {
  return {
    connected() {
      log.info({ event: "broker_connected" });
      front.clear("broker_unreachable");
      front.update({ connected: true });
      telling(wire.identity(identity));
      telling(wire.status(front.status()));
      outbox.wake();
    },
    lost(error) {
      log.warn({ event: "broker_unreachable", reason: error.message });
      front.update({ connected: false });
      front.raise("broker_unreachable");
    },
    message: (_topic, payload) => receive(payload),
  };
}

/** How long a stopping device waits for its last report to be acknowledged; if it is not, it waits on the disk. */
const LAST_REPORT_WITHIN_MS = 1_500;

interface Closing {
  readonly all: Opened;
  readonly broker: Broker;
  readonly outbox: Outbox;
  readonly service: Service;
  readonly wire: Wire;
  readonly will: Parameters<Wire["status"]>[0];
}

function closeInOrder({ all, broker, outbox, service, wire, will }: Closing): void {
  all.use(broker);
  all.onClose(() => wire.status(will).catch(() => undefined));
  all.onClose(async () => {
    await service.stop();
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_REPORT_WITHIN_MS).unref());
    await Promise.race([outbox.idle(), late]);
  });
}

import { watchCamera } from "./camera-watch.ts";
import { loadCarrierKeys, loadOperatorKeys } from "./carrier-key.ts";
import { type ClockWatch, watchClock } from "./clock-trust.ts";
import { type Opened, opened } from "./closing.ts";
import { openConnection } from "./connection.ts";
import { openExchange } from "./exchange.ts";
import type { Management } from "./fleet/management.ts";
import { type Front, openFront } from "./front.ts";
import { describe } from "./introduction.ts";
import { type LightHealth, lightHealth } from "./light-health.ts";
import { type Broker, type BrokerOptions, type Outgoing, openBroker } from "./link/broker.ts";
import { type Identity, LIMITS, type Topics, topicsOf } from "./link/contract.ts";
import { openLedger } from "./link/ledger.ts";
import type { Outbox } from "./link/outbox.ts";
import type { Log } from "./log.ts";
import { configured, openOperation } from "./operation.ts";
import { openParts, type Parts } from "./parts.ts";
import { openReception } from "./reception.ts";
import { routed } from "./routes.ts";
import { openService, type Service } from "./service.ts";
import type { Settings } from "./settings.ts";
import { type StorageWatch, watchStorage } from "./storage-watch.ts";
import { thresholdOf } from "./thresholds.ts";
import { loadTls } from "./tls.ts";
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

async function assemble(settings: Settings, parts: Parts, log: Log, all: Opened, health: LightHealth) {
  const { keys, clock, store } = parts;
  const device = settings.deviceId;
  const topics = topicsOf(settings.topics.replace("{root}", settings.topicRoot), device);
  const carrier = await loadCarrierKeys(settings.carrierKey);
  const operator = await loadOperatorKeys(settings.operatorKey, carrier);
  const inference = all.use(openExchange(parts.inference));
  const configuration = await configured(settings, parts, inference);
  let identity = await describe(device, parts, inference);
  const { will, broker, wire, telling, front } = await openVoice(settings, parts, topics, log);
  health.tellTo(front);
  const ledger = openLedger(store, clock.wallMs);
  const greet = async () => wire.reported(await management.reported());
  const { outbox, events } = openConnection({
    ...{ front, wire, ledger, log, clock, telling, greet },
    identity: () => identity,
  });
  const { fatal, fail } = fatally();
  const recovered = () => void service.settleInterrupted().catch(fail);
  const storage = watchStorage({ store, front, log, recovered });
  const service = openService({
    ...{ ...parts, inference, device, signing: keys.signing, ledger, outbox, front, log, storage },
    defaults: configuration.inForce,
    thresholdFor: (fmr, jti) => thresholdOf(inference.pack, fmr, jti),
    tell: (progress) => telling(wire.progress(progress)),
    fatal: fail,
  });
  const watch = watchClock({
    mode: settings.clock,
    clock,
    latestAtMs: ledger.latestAtMs,
    changed: tellClock(front, log),
  });
  const trusted = { device, clock, clockIsSet: watch.isSet };
  const reception = openReception({ reader: { ...trusted, sealing: keys.sealing, carrier }, service, wire, log });
  const exchanged = async () => {
    identity = await describe(device, parts, inference);
    telling(wire.identity(identity));
  };
  const management = await openOperation({
    ...{ settings, parts, exchange: inference, configuration, service, wire, front, log, telling, exchanged },
    reader: { ...trusted, operator },
  });
  await tryStorage(parts, storage, front, log);
  await service.settleInterrupted();
  closeInOrder({
    all,
    broker,
    outbox,
    service,
    storage,
    watch,
    wire,
    management,
    will: JSON.parse(String(will.payload)),
  });
  front.update({ session: undefined });
  all.use(watchCamera({ camera: parts.camera, front, log, busy: service.busy }));
  broker.start(events(routed(topics, reception, management)));
  return {
    get identity() {
      return identity;
    },
    fatal,
  };
}

/** All through which the device speaks: to the broker, and by its light. */
async function openVoice(settings: Settings, { keys, clock, light }: Parts, topics: Topics, log: Log) {
  const device = settings.deviceId;
  const will = lastWill(topics, device);
  const broker = openBroker(await brokerOptions(settings, topics, will));
  const courtesyFailed = (reason: string) => log.debug({ event: "copy_unsent", reason });
  const wire = openWire({ broker, topics, device, signing: keys.signing, wallMs: clock.wallMs, courtesyFailed });
  const telling = (what: Promise<void>) =>
    void what.catch((error) => log.debug({ event: "unsent", reason: String(error) }));
  const front = openFront({ device, light, statusChanged: (status) => telling(wire.status(status)) });
  return { will, broker, wire, telling, front };
}

async function brokerOptions(
  settings: Settings,
  { request, command, chunk }: Topics,
  will: Outgoing,
): Promise<BrokerOptions> {
  const tls = await loadTls(settings);
  return {
    url: settings.brokerUrl,
    clientId: settings.deviceId,
    subscribe: [request, command, chunk],
    will,
    sessionSeconds: LIMITS.lifetimeSeconds,
    ...(settings.brokerProbe === "on" ? { probe: request } : {}),
    ...(tls ? { tls } : {}),
  };
}

/** What is wrong with the data folder is said at the start, not when somebody stands before the camera. */
async function tryStorage({ store }: Parts, storage: StorageWatch, front: Front, log: Log): Promise<void> {
  const { damaged, lost } = store.recovery;
  if (damaged + lost > 0) {
    log.error({ event: "storage_damaged", damaged, lost });
    front.raise("storage_damaged");
  }
  await store.write([]).catch(storage.failed);
}

function tellClock(front: Front, log: Log): (set: boolean) => void {
  return (set) => {
    if (set) {
      front.clear("clock_not_set");
    } else {
      log.warn({ event: "clock_not_set" });
      front.raise("clock_not_set");
    }
  };
}

function fatally() {
  let fail: (cause: unknown) => void = () => undefined;
  const fatal = new Promise<unknown>((resolve) => {
    fail = resolve;
  });
  return { fatal, fail: (cause: unknown) => fail(cause) };
}

/** How long a stopping device waits for its last report to be acknowledged; if it is not, it waits on the disk. */
const LAST_REPORT_WITHIN_MS = 1_500;
const GOODBYE_WITHIN_MS = 1_000;
/** What an operator asked for last is done, or left as it was before: nothing is lost by not waiting for it. */
const COMMAND_WITHIN_MS = 1_000;

interface Closing {
  readonly all: Opened;
  readonly broker: Broker;
  readonly outbox: Outbox;
  readonly service: Service;
  readonly storage: StorageWatch;
  readonly watch: ClockWatch;
  readonly wire: Wire;
  readonly management: Management;
  readonly will: Parameters<Wire["status"]>[0];
}

function closeInOrder({ all, broker, outbox, service, storage, watch, wire, management, will }: Closing): void {
  all.use(broker);
  all.onClose(() => Promise.race([wire.status(will).catch(() => undefined), within(GOODBYE_WITHIN_MS)]));
  all.onClose(async () => {
    watch[Symbol.dispose]();
    storage.stop();
    await service.stop();
    await Promise.race([management.idle(), within(COMMAND_WITHIN_MS)]);
    await Promise.race([outbox.idle().then(() => outbox[Symbol.asyncDispose]()), within(LAST_REPORT_WITHIN_MS)]);
  });
}

function within(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

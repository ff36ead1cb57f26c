import { ModelError } from "../models/errors.ts";
import type { Threshold } from "../models/manifest.ts";
import { chooseThreshold } from "../models/threshold.ts";
import { watchCamera } from "./camera-watch.ts";
import { loadCarrierKeys } from "./carrier-key.ts";
import { type ClockWatch, watchClock } from "./clock-trust.ts";
import { type Opened, opened } from "./closing.ts";
import { openConnection } from "./connection.ts";
import { type Front, openFront } from "./front.ts";
import type { LoadedPack } from "./inference-messages.ts";
import { type LightHealth, lightHealth } from "./light-health.ts";
import { type Broker, type BrokerOptions, type Outgoing, openBroker } from "./link/broker.ts";
import {
  CONTRACT_VERSION,
  type Identity,
  LIMITS,
  type ProofClaims,
  type Topics,
  TYPES,
  topicsOf,
} from "./link/contract.ts";
import { openLedger } from "./link/ledger.ts";
import type { Outbox } from "./link/outbox.ts";
import { Refusal } from "./link/request.ts";
import { sign } from "./link/seal.ts";
import type { Log } from "./log.ts";
import type { PackChoice } from "./pack-choice.ts";
import { openParts, type Parts } from "./parts.ts";
import { openReception } from "./reception.ts";
import { openService, type Service } from "./service.ts";
import type { Settings } from "./settings.ts";
import { openSpoofLock } from "./spoof-lock.ts";
import { type StorageWatch, watchStorage } from "./storage-watch.ts";
import { loadTls } from "./tls.ts";
import { VERSION } from "./version.ts";
import { lastWill, openWire, type Wire } from "./wire.ts";

/** A running device. Disposing it ends what runs, stores its report, says goodbye and turns the light off. */
export interface Device extends AsyncDisposable {
  readonly identity: Identity;
  /** Which pack was chosen and why, where the settings leave that to the device (`auto`). */
  readonly packChoice: PackChoice | undefined;
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
  const { keys, clock, inference, store, settled } = parts;
  if (settled) log.info({ event: "pack_chosen", ...settled });
  const device = settings.deviceId;
  const topics = topicsOf(settings.topics.replace("{root}", settings.topicRoot), device);
  const carrier = await loadCarrierKeys(settings.carrierKey);
  const identity = await describe(device, parts);
  const will = lastWill(topics, device);
  const broker = openBroker(await brokerOptions(settings, topics, will));
  const courtesyFailed = (reason: string) => log.debug({ event: "copy_unsent", reason });
  const wire = openWire({ broker, topics, device, signing: keys.signing, wallMs: clock.wallMs, courtesyFailed });
  const telling = (what: Promise<void>) =>
    void what.catch((error) => log.debug({ event: "unsent", reason: String(error) }));
  const front = openFront({ device, light: parts.light, statusChanged: (status) => telling(wire.status(status)) });
  health.tellTo(front);
  const ledger = openLedger(store, clock.wallMs);
  const { outbox, events } = openConnection({ front, wire, ledger, log, clock, identity, telling });
  const { fatal, fail } = fatally();
  const recovered = () => void service.settleInterrupted().catch(fail);
  const storage = watchStorage({ store, front, log, recovered });
  const rules = { limit: settings.spoofLimit, lockMs: settings.spoofLockMs };
  const spoofs = openSpoofLock({ store, clock, front, log, rules });
  all.onClose(async () => spoofs[Symbol.dispose]());
  const service = openService({
    ...{ ...parts, device, signing: keys.signing, ledger, outbox, front, log, storage, spoofs },
    timeoutMs: settings.timeoutMs,
    fmr: settings.fmr,
    thresholdFor: thresholds(inference.pack),
    tell: (progress) => telling(wire.progress(progress)),
    fatal: fail,
  });
  const watch = watchClock({
    mode: settings.clock,
    clock,
    latestAtMs: ledger.latestAtMs,
    changed: tellClock(front, log),
  });
  const reader = { device, sealing: keys.sealing, carrier, clock, clockIsSet: watch.isSet };
  const reception = openReception({ reader, service, wire, log });
  await tryStorage(parts, storage, front, log);
  await service.settleInterrupted();
  closeInOrder({ all, broker, outbox, service, storage, watch, wire, will: JSON.parse(will.payload) });
  front.update({ session: undefined });
  all.use(watchCamera({ camera: parts.camera, front, log, busy: service.busy }));
  broker.start(events((message) => reception.add(message)));
  return { identity, fatal, packChoice: settled?.choice };
}

async function brokerOptions(settings: Settings, { request }: Topics, will: Outgoing): Promise<BrokerOptions> {
  const tls = await loadTls(settings);
  return {
    url: settings.brokerUrl,
    clientId: settings.deviceId,
    subscribe: [request],
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

async function describe(device: string, { keys, inference, clock }: Parts): Promise<Identity> {
  const { id, hash } = inference.pack;
  const open = (jwk: typeof keys.signing.public) => jwk as Identity["signing"];
  const [signing, sealing, retired] = [open(keys.signing.public), open(keys.sealing.public), keys.retired.map(open)];
  const iat = Math.floor(clock.wallMs() / 1000);
  const names = { sealing: sealing.kid, retired: retired.map(({ kid }) => kid) };
  const claims: ProofClaims = { v: CONTRACT_VERSION, iss: device, iat, ...names };
  const proof = await sign(claims, TYPES.identity, keys.signing);
  const named = {
    v: CONTRACT_VERSION,
    device,
    software: VERSION,
    signing,
    sealing,
    pack: { id, hash },
    proof,
  } as const;
  return retired.length > 0 ? { ...named, retired } : named;
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

/** How long a stopping device waits for its last report to be acknowledged; if it is not, it waits on the disk. */
const LAST_REPORT_WITHIN_MS = 1_500;
const GOODBYE_WITHIN_MS = 1_000;

interface Closing {
  readonly all: Opened;
  readonly broker: Broker;
  readonly outbox: Outbox;
  readonly service: Service;
  readonly storage: StorageWatch;
  readonly watch: ClockWatch;
  readonly wire: Wire;
  readonly will: Parameters<Wire["status"]>[0];
}

function closeInOrder({ all, broker, outbox, service, storage, watch, wire, will }: Closing): void {
  all.use(broker);
  all.onClose(() => Promise.race([wire.status(will).catch(() => undefined), within(GOODBYE_WITHIN_MS)]));
  all.onClose(async () => {
    watch[Symbol.dispose]();
    storage.stop();
    await service.stop();
    await Promise.race([outbox.idle().then(() => outbox[Symbol.asyncDispose]()), within(LAST_REPORT_WITHIN_MS)]);
  });
}

function within(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

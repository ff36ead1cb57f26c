import { loadAddon } from "../../drivers/addon.ts";
import { type Identity, LIMITS, type Topics, topicsOf } from "../../protocol/contract.ts";
import type { Health } from "../../protocol/metrics.ts";
import { type MqttClient, type MqttClientOptions, type Outgoing, openMqttClient } from "../../protocol/mqtt/client.ts";
import type { LoadedPack } from "../inference/inference-messages.ts";
import { openSwappableInference } from "../inference/swappable-inference.ts";
import type { Management } from "../management/command-handler.ts";
import { openUpdateLock, type UpdateLock } from "../management/update-lock.ts";
import { identityMessage } from "../messaging/identity-message.ts";
import { openLedger } from "../messaging/ledger.ts";
import type { Outbox } from "../messaging/outbox.ts";
import { lastWill, openPublisher, type Publisher } from "../messaging/publisher.ts";
import { loadTls } from "../messaging/tls.ts";
import type { PackChoice } from "../packs/pack-choice.ts";
import { thresholdOf } from "../packs/thresholds.ts";
import { openResources, type Resources } from "../process/disposable-stack.ts";
import type { Log } from "../process/log.ts";
import type { Settings } from "../settings/settings.ts";
import { loadCarrierKeys, loadOperatorKeys } from "../settings/trusted-keys.ts";
import { BOARD_PLACES, readBoard } from "../status/board-metrics.ts";
import { monitorCamera } from "../status/camera-monitor.ts";
import { type ClockMonitor, monitorClock } from "../status/clock-trust.ts";
import { type DeviceStatus, openDeviceStatus } from "../status/device-status.ts";
import { monitorHealth } from "../status/health-monitor.ts";
import { serveHealth } from "../status/health-socket.ts";
import { type Instrumentation, openInstrumentation } from "../status/instrumentation.ts";
import { type LightFault, lightFault } from "../status/light-fault.ts";
import { monitorStorage, type StorageMonitor } from "../status/storage-monitor.ts";
import { openRequestHandler } from "../verification/request-handler.ts";
import { routed } from "../verification/routes.ts";
import { openService, type Service } from "../verification/service.ts";
import { openSpoofLock } from "../verification/spoof-lock.ts";
import { openBrokerEvents } from "./broker-events.ts";
import { openParts, type Parts } from "./parts.ts";
import { configured, openRemoteManagement } from "./remote-management.ts";

/** A running device. Disposing it ends what runs, stores its report, says goodbye and turns the light off. */
export interface Device extends AsyncDisposable {
  readonly identity: Identity;
  /** Which pack was chosen and why, where the settings leave that to the device (`auto`). */
  readonly packChoice: PackChoice | undefined;
  /** The pack that was loaded at the start. */
  readonly pack: LoadedPack;
  /** Resolves, with the cause, when only a new start helps. */
  readonly fatal: Promise<unknown>;
}

/** Opens the parts top to bottom and serves requests. Throws DeviceFault; what was opened by then is closed again. */
export async function openDevice(settings: Settings, log: Log, own: Partial<Parts> = {}): Promise<Device> {
  const all = openResources();
  try {
    const health = lightFault(log);
    const parts = await openParts(settings, all, health.events, own);
    const { identity, pack, packChoice, fatal } = await assemble(settings, parts, log, all, health);
    return {
      get identity() {
        return identity();
      },
      pack,
      packChoice,
      fatal,
      [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
    };
  } catch (error) {
    await all[Symbol.asyncDispose]();
    throw error;
  }
}

async function assemble(settings: Settings, parts: Parts, log: Log, all: Resources, lights: LightFault) {
  const { keys, clock, store, pack } = parts;
  if (pack.settled) log.info({ event: "pack_chosen", ...pack.settled });
  const { deviceId: device, release } = settings;
  const instrumentation = openInstrumentation();
  const swappable = all.use(openSwappableInference(parts.inference));
  const [camera, inference] = [instrumentation.camera(parts.camera), instrumentation.inference(swappable)];
  const topics = topicsOf(settings.topics.replace("{root}", settings.topicRoot), device);
  const carrier = await loadCarrierKeys(settings.carrierKey);
  const operator = await loadOperatorKeys(settings.operatorKey, carrier);
  const configuration = await configured(settings, parts, swappable);
  let identity = await identityMessage(device, release, parts, swappable);
  const {
    will,
    broker,
    wire: publisher,
    telling: bestEffort,
    front: deviceStatus,
  } = await openVoice(settings, parts, topics, log);
  lights.tellTo(deviceStatus);
  const ledger = openLedger(store, clock.wallMs);
  const greet = async () => {
    void health.tell();
    await publisher.reported(await management.reported());
  };
  const { outbox, events } = openBrokerEvents({
    ...{ deviceStatus, publisher, ledger, log, clock, bestEffort, greet },
    identity: () => identity,
  });
  const updates = lockUpdates(settings, log);
  const { fatal, fail } = fatally();
  const recovered = () => void service.settleInterrupted().catch(fail);
  const storage = monitorStorage({ store, deviceStatus, log, recovered });
  const rules = { limit: settings.spoofLimit, lockMs: settings.spoofLockMs };
  const spoofs = openSpoofLock({ store, clock, deviceStatus, log, rules });
  all.onClose(async () => spoofs[Symbol.dispose]());
  const service = openService({
    ...{ clock, camera, inference, device, signing: keys.signing, ledger, outbox },
    ...{ deviceStatus, log, storage, updates, spoofs },
    defaults: () => ({ ...configuration.inForce(), challenge: settings.challenge }),
    thresholdFor: (fmr, jti) => thresholdOf(swappable.pack, fmr, jti),
    tell: (progress) => bestEffort(publisher.progress(progress)),
    fatal: fail,
  });
  const watch = monitorClock({
    ...{ mode: settings.clock, clock, latestAtMs: ledger.latestAtMs },
    changed: tellClock(deviceStatus, log),
  });
  const trusted = { device, clock, clockIsSet: watch.isSet };
  const reader = { ...trusted, sealing: keys.sealing, carrier };
  const requestHandler = openRequestHandler({
    reader,
    service,
    publisher: { refuse: counted(publisher, instrumentation) },
    log,
  });
  const exchanged = async () => {
    identity = await identityMessage(device, release, parts, swappable);
    bestEffort(publisher.identity(identity));
    void health.tell();
  };
  const management = await openRemoteManagement({
    ...{ settings, parts, swappable, configuration, service, publisher, deviceStatus, log, bestEffort, exchanged },
    reader: { ...trusted, operator },
  });
  await updates.removeStale();
  await tryStorage(parts, storage, deviceStatus, log);
  await service.settleInterrupted();
  closeInOrder({ all, broker, outbox, service, storage, watch, management, will });
  deviceStatus.update({ session: undefined });
  all.use(monitorCamera({ camera: parts.camera, deviceStatus, log, busy: service.busy }));
  const board = () => readBoard({ ...BOARD_PLACES, dataFolder: settings.dataFolder });
  const publish = (told: Health) => bestEffort(publisher.health(told));
  const told = { board, publish, swappable, choice: pack.settled?.choice };
  const health = all.use(
    monitorHealth({ device, release, clock, deviceStatus, ledger, instrumentation, log, ...told }),
  );
  if (settings.healthSocket) all.use(await serveHealth(settings.healthSocket, health.now, log));
  broker.start(events(routed(topics, requestHandler, management)));
  return { identity: () => identity, pack: swappable.pack, packChoice: pack.settled?.choice, fatal };
}

/** The lock that keeps a fleet's supervisor away while somebody is verified. */
function lockUpdates({ updateLock: path }: Settings, log: Log): UpdateLock {
  return openUpdateLock({
    path,
    flock: (descriptor) => loadAddon().lockFile(descriptor),
    failed: (reason) => log.warn({ event: "update_lock_failed", reason }),
  });
}

/** All through which the device speaks: to the broker, and by its light. */
async function openVoice(settings: Settings, { keys, clock, light }: Parts, topics: Topics, log: Log) {
  const { deviceId: device, release } = settings;
  const will = lastWill(topics, device);
  const broker = openMqttClient(await brokerOptions(settings, topics, will));
  const courtesyFailed = (reason: string) => log.debug({ event: "copy_unsent", reason });
  const publisher = openPublisher({
    broker,
    topics,
    device,
    signing: keys.signing,
    wallMs: clock.wallMs,
    courtesyFailed,
  });
  const bestEffort = (what: Promise<void>) =>
    void what.catch((error) => log.debug({ event: "unsent", reason: String(error) }));
  const deviceStatus = openDeviceStatus({
    ...{ device, release, light },
    statusChanged: (status) => bestEffort(publisher.status(status)),
  });
  return { will, broker, wire: publisher, telling: bestEffort, front: deviceStatus };
}

async function brokerOptions(
  settings: Settings,
  { request, command, chunk }: Topics,
  will: Outgoing,
): Promise<MqttClientOptions> {
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
async function tryStorage(
  { store }: Parts,
  storage: StorageMonitor,
  deviceStatus: DeviceStatus,
  log: Log,
): Promise<void> {
  const { damaged, lost } = store.recovery;
  if (damaged + lost > 0) {
    log.error({ event: "storage_damaged", damaged, lost });
    deviceStatus.raise("storage_damaged");
  }
  await store.write([]).catch(storage.failed);
}

function tellClock(deviceStatus: DeviceStatus, log: Log): (set: boolean) => void {
  return (set) => {
    if (set) {
      deviceStatus.clear("clock_not_set");
    } else {
      log.warn({ event: "clock_not_set" });
      deviceStatus.raise("clock_not_set");
    }
  };
}

/** Sends refusals, and counts them. */
function counted(publisher: Publisher, instrumentation: Instrumentation): Publisher["refuse"] {
  return (...refusal) => {
    instrumentation.refused();
    return publisher.refuse(...refusal);
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
  readonly all: Resources;
  readonly broker: MqttClient;
  readonly outbox: Outbox;
  readonly service: Service;
  readonly storage: StorageMonitor;
  readonly watch: ClockMonitor;
  readonly management: Management;
  readonly will: Outgoing;
}

function closeInOrder({ all, broker, outbox, service, storage, watch, management, will }: Closing): void {
  all.use(broker);
  all.onClose(() => Promise.race([broker.publish(will).catch(() => undefined), within(GOODBYE_WITHIN_MS)]));
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

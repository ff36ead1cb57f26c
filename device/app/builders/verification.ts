import { loadAddon } from "../../../drivers/addon.ts";
import type { QuarterTurn } from "../../../drivers/image/quarter-turn.ts";
import type { Inference } from "../../inference/inference.ts";
import { openUprightInference, rememberedTurn, type UprightInference } from "../../inference/upright-inference.ts";
import type { Configuration } from "../../management/settings/configuration.ts";
import { openUpdateLock, type UpdateLock } from "../../management/update-lock.ts";
import type { Publisher } from "../../messaging/publisher.ts";
import { thresholdOf } from "../../packs/thresholds.ts";
import type { Log } from "../../process/log.ts";
import type { Settings } from "../../settings/settings.ts";
import type { TrustedKeys } from "../../settings/trusted-keys.ts";
import type { Instrumentation } from "../../status/instrumentation.ts";
import { type Message, openRequestHandler } from "../../verification/request-handler.ts";
import { openService, type Service } from "../../verification/service.ts";
import { openSpoofLock, type SpoofLock } from "../../verification/spoof-lock.ts";
import type { Parts } from "../parts.ts";
import type { Connection } from "./connection.ts";
import type { Context } from "./context.ts";
import type { StatusPart } from "./status.ts";

type VerificationSettings = Pick<
  Settings,
  "deviceId" | "camera" | "challenge" | "spoofLimit" | "spoofLockMs" | "updateLock"
>;

type VerificationParts = Pick<Parts, "keys" | "clock" | "store" | "camera">;

/** The other parts that verification needs. */
interface VerificationNeeds {
  readonly connection: Connection;
  readonly configuration: Configuration;
  readonly instrumentation: Instrumentation;
  readonly inference: Inference;
  readonly keys: Pick<TrustedKeys, "carrier">;
}

/** Serves requests. */
export interface VerificationPart {
  readonly service: Service;
  readonly request: (message: Message) => Promise<void>;
  /** The rotation of the camera's frames. */
  readonly rotation: () => QuarterTurn;
  /** Removes the update lock of an earlier process, and reports the verifications that it interrupted once the clock is set. */
  readonly settle: () => Promise<void>;
  /** Ends the running verification and stores its report. */
  readonly stop: () => Promise<void>;
}

export function openVerification(
  settings: VerificationSettings,
  parts: VerificationParts,
  needs: VerificationNeeds,
  context: Context,
): VerificationPart {
  const { log, fail, late } = context;
  const { storage, clockIsSet } = needs.connection.status;
  const updates = lockUpdates(settings.updateLock, log);
  const spoofs = lockOnSpoofs(settings, parts, needs.connection.status, context);
  const inference = uprightInference(settings, parts, needs, log);
  const service = verifyingService(settings, parts, needs, { updates, spoofs, inference }, context);
  // A report with a wrong time would be the time that the clock is checked against.
  const settleInterrupted = async () => {
    if (clockIsSet()) await service.settleInterrupted();
  };
  late.connect("storageRecovered", () => void settleInterrupted().catch(fail));
  late.connect("clockSet", () => void settleInterrupted().catch(fail));
  return {
    service,
    request: requestHandler(settings, parts, needs, service, log),
    rotation: inference.degrees,
    async settle() {
      await updates.removeStale();
      await settleInterrupted();
    },
    async stop() {
      // Ends the wait of a report for the disk.
      storage.stop();
      await service.stop();
    },
  };
}

/** Parts that only the service uses. */
interface ServiceOwn {
  readonly updates: UpdateLock;
  readonly spoofs: SpoofLock;
  readonly inference: UprightInference;
}

function verifyingService(
  { deviceId, challenge }: Pick<Settings, "deviceId" | "challenge">,
  { keys, clock, camera }: VerificationParts,
  { connection, configuration, instrumentation }: VerificationNeeds,
  { updates, spoofs, inference }: ServiceOwn,
  { log, fail }: Context,
): Service {
  const { publisher, bestEffort, ledger } = connection.messaging;
  const { deviceStatus, storage } = connection.status;
  return openService({
    device: deviceId,
    signing: keys.signing,
    clock,
    camera: instrumentation.camera(camera),
    inference,
    ledger,
    outbox: connection.broker.outbox,
    deviceStatus,
    storage,
    updates,
    spoofs,
    log,
    defaults: () => ({ ...configuration.inForce(), challenge }),
    thresholdFor: (fmr, jti) => thresholdOf(inference.pack, fmr, jti),
    notifyProgress: (progress) => bestEffort(publisher.progress(progress)),
    notifyAim: (aim) => bestEffort(publisher.aim(aim)),
    fatal: fail,
  });
}

function requestHandler(
  settings: Pick<Settings, "deviceId">,
  { keys, clock }: VerificationParts,
  { connection, instrumentation, keys: { carrier } }: VerificationNeeds,
  service: Service,
  log: Log,
): VerificationPart["request"] {
  const { publisher } = connection.messaging;
  const { clockIsSet } = connection.status;
  return openRequestHandler({
    reader: { device: settings.deviceId, sealing: keys.sealing, carrier, clock, clockIsSet },
    service,
    publisher: { refuse: counted(publisher, instrumentation), cancelled: publisher.cancelled },
    async receipted({ reports }) {
      const strange = await connection.broker.outbox.receipted(reports);
      if (strange > 0) log.warn({ event: "receipt_mismatched", reports: strange });
    },
    log,
  });
}

function lockOnSpoofs(
  { spoofLimit, spoofLockMs }: Pick<Settings, "spoofLimit" | "spoofLockMs">,
  { store, clock }: VerificationParts,
  { deviceStatus }: StatusPart,
  { log, opened }: Context,
): SpoofLock {
  const rules = { limit: spoofLimit, lockMs: spoofLockMs };
  const spoofs = openSpoofLock({ store, clock, deviceStatus, log, rules });
  opened.onClose(async () => spoofs[Symbol.dispose]());
  return spoofs;
}

/** The networks, with upright frames for every mounting of the camera. */
function uprightInference(
  { camera }: Pick<Settings, "camera">,
  { store }: VerificationParts,
  { instrumentation, inference, connection }: VerificationNeeds,
  log: Log,
): UprightInference {
  return openUprightInference(instrumentation.inference(inference), {
    choice: camera.rotate,
    ...rememberedTurn(store, log, connection.status.storage.failed),
  });
}

/** The lock that prevents updates by the fleet's supervisor during a verification. */
function lockUpdates(path: string | undefined, log: Log): UpdateLock {
  return openUpdateLock({
    path,
    flock: (descriptor) => loadAddon().lockFile(descriptor),
    failed: (reason) => log.warn({ event: "update_lock_failed", reason }),
  });
}

/** Sends and counts refusals. */
function counted(publisher: Publisher, instrumentation: Instrumentation): Publisher["refuse"] {
  return (...refusal) => {
    instrumentation.refused();
    return publisher.refuse(...refusal);
  };
}

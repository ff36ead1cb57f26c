import { loadAddon } from "../../../drivers/addon.ts";
import type { Camera } from "../../../drivers/camera/camera.ts";
import { QUARTER_TURNS, type QuarterTurn } from "../../../drivers/image/quarter-turn.ts";
import type { KeySet } from "../../../protocol/encoding/tokens.ts";
import type { Inference } from "../../inference/inference.ts";
import { openUprightInference, type UprightParts } from "../../inference/upright-inference.ts";
import type { Configuration } from "../../management/settings/configuration.ts";
import { openUpdateLock, type UpdateLock } from "../../management/update-lock.ts";
import type { Outbox } from "../../messaging/outbox.ts";
import type { Publisher } from "../../messaging/publisher.ts";
import { thresholdOf } from "../../packs/thresholds.ts";
import type { Log } from "../../process/log.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Instrumentation } from "../../status/instrumentation.ts";
import type { Store } from "../../storage/store.ts";
import { type Message, openRequestHandler } from "../../verification/request-handler.ts";
import { openService, type Service } from "../../verification/service.ts";
import { openSpoofLock } from "../../verification/spoof-lock.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import type { Messaging } from "./messaging.ts";
import type { StatusPart } from "./status.ts";

type VerificationSettings = Pick<
  Settings,
  "deviceId" | "camera" | "challenge" | "spoofLimit" | "spoofLockMs" | "updateLock"
>;

/** What verifying needs of the other parts. */
interface VerificationNeeds {
  readonly messaging: Messaging;
  readonly outbox: Outbox;
  readonly status: StatusPart;
  readonly configuration: Configuration;
  readonly instrumentation: Instrumentation;
  /** Camera and inference as the instrumentation sees them. */
  readonly camera: Camera;
  readonly inference: Inference;
  readonly carrier: KeySet;
}

/** Serves requests. */
export interface VerificationPart {
  readonly service: Service;
  readonly request: (message: Message) => Promise<void>;
  /** How far the frames of the camera are turned. */
  readonly rotation: () => QuarterTurn;
  /** Ends what an earlier process of the device left behind: its update lock, and the verifications without a report. */
  readonly settle: () => Promise<void>;
  /** Ends the verification that runs, and stores its report. */
  readonly stop: () => Promise<void>;
}

export function openVerification(
  settings: VerificationSettings,
  { keys, clock, store }: Pick<Parts, "keys" | "clock" | "store">,
  needs: VerificationNeeds,
  { log, opened, fail }: Context,
): VerificationPart {
  const { messaging, outbox, configuration, camera, carrier } = needs;
  const { deviceStatus, storage, clockIsSet } = needs.status;
  const { publisher, bestEffort, ledger } = messaging;
  const updates = lockUpdates(settings.updateLock, log);
  const rules = { limit: settings.spoofLimit, lockMs: settings.spoofLockMs };
  const spoofs = openSpoofLock({ store, clock, deviceStatus, log, rules });
  opened.onClose(async () => spoofs[Symbol.dispose]());
  const inference = openUprightInference(needs.inference, {
    choice: settings.camera.rotate,
    ...rememberedTurn(store, log, storage.failed),
  });
  const service = openService({
    device: settings.deviceId,
    signing: keys.signing,
    clock,
    camera,
    inference,
    ledger,
    outbox,
    deviceStatus,
    storage,
    updates,
    spoofs,
    log,
    defaults: () => ({ ...configuration.inForce(), challenge: settings.challenge }),
    thresholdFor: (fmr, jti) => thresholdOf(inference.pack, fmr, jti),
    notifyProgress: (progress) => bestEffort(publisher.progress(progress)),
    notifyAim: (aim) => bestEffort(publisher.aim(aim)),
    fatal: fail,
  });
  const request = openRequestHandler({
    reader: { device: settings.deviceId, sealing: keys.sealing, carrier, clock, clockIsSet },
    service,
    publisher: { refuse: counted(publisher, needs.instrumentation), cancelled: publisher.cancelled },
    async receipted({ reports }) {
      const strange = await outbox.receipted(reports);
      if (strange > 0) log.warn({ event: "receipt_mismatched", reports: strange });
    },
    log,
  });
  return {
    service,
    request,
    rotation: inference.degrees,
    async settle() {
      await updates.removeStale();
      await service.settleInterrupted();
    },
    async stop() {
      // A report that waits for the disk does not wait any longer.
      storage.stop();
      await service.stop();
    },
  };
}

const TURN = "camera_turn";

/** Where the turn of the camera is kept, so that it is found once and not at each start. */
function rememberedTurn(store: Store, log: Log, failed: (error: unknown) => void): Omit<UprightParts, "choice"> {
  return {
    known: QUARTER_TURNS.find((turn) => turn === store.get(TURN)) ?? 0,
    turned(degrees) {
      log.info({ event: "camera_turned", degrees });
      store.write([{ type: "put", key: TURN, value: degrees }]).catch(failed);
    },
  };
}

/** The lock that keeps a fleet's supervisor away during a verification. */
function lockUpdates(path: string | undefined, log: Log): UpdateLock {
  return openUpdateLock({
    path,
    flock: (descriptor) => loadAddon().lockFile(descriptor),
    failed: (reason) => log.warn({ event: "update_lock_failed", reason }),
  });
}

/** Sends refusals, and counts them. */
function counted(publisher: Publisher, instrumentation: Instrumentation): Publisher["refuse"] {
  return (...refusal) => {
    instrumentation.refused();
    return publisher.refuse(...refusal);
  };
}

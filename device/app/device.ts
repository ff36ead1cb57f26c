import { openWhole } from "../../protocol/common/disposable-stack.ts";
import { withResolvers } from "../../protocol/common/with-resolvers.ts";
import type { Identity } from "../../protocol/messages/contract.ts";
import type { LoadedPack } from "../inference/inference-messages.ts";
import { openSwappableInference } from "../inference/swappable-inference.ts";
import type { Log } from "../process/log.ts";
import type { Settings } from "../settings/settings.ts";
import { loadCarrierKeys, loadOperatorKeys, loadPublisherKeys } from "../settings/trusted-keys.ts";
import { openInstrumentation } from "../status/instrumentation.ts";
import { type LightFault, lightFault } from "../status/light-fault.ts";
import { routed } from "../verification/routes.ts";
import { openBrokerEvents } from "./broker-events.ts";
import type { Context } from "./builders/context.ts";
import { openCredentials } from "./builders/credentials.ts";
import { openHealth } from "./builders/health.ts";
import { openIdentity } from "./builders/identity.ts";
import { configured, openRemoteManagement } from "./builders/management.ts";
import { openMessaging } from "./builders/messaging.ts";
import { openCertificateRenewal } from "./builders/renewal.ts";
import { checkStorage, openStatus } from "./builders/status.ts";
import { openVerification } from "./builders/verification.ts";
import { openLateEdges } from "./late-edges.ts";
import { openParts, type Parts } from "./parts.ts";

/** A running device. Disposing it ends what runs, stores its report, says goodbye and turns the light off. */
export interface Device extends AsyncDisposable {
  readonly identity: Identity;
  /** The pack that was loaded at the start. */
  readonly pack: LoadedPack;
  /** Resolves, with the cause, when only a new start helps. */
  readonly fatal: Promise<unknown>;
  /** Resolves when the device is to be closed and opened again: other settings are in force. */
  readonly reopen: Promise<void>;
}

/** Opens the parts top to bottom and serves requests. Throws DeviceFault; what was opened by then is closed again. */
export async function openDevice(settings: Settings, log: Log, own: Partial<Parts> = {}): Promise<Device> {
  return openWhole(async (opened) => {
    const [fatal, reopen] = [withResolvers<unknown>(), withResolvers<void>()];
    const lights = lightFault(log);
    const { parts, inForce } = await openParts(settings, opened, lights.events, own, log);
    log.level = inForce.logLevel;
    const context: Context = { log, opened, late: openLateEdges(), fail: fatal.resolve, reopen: reopen.resolve };
    const identity = await assemble(inForce, settings, parts, lights, context);
    return {
      get identity() {
        return identity();
      },
      pack: parts.inference.pack,
      fatal: fatal.promise,
      reopen: reopen.promise,
    };
  });
}

/**
 * Builds the device, each part from those before it, and connects it. `own` are the settings without any command. Gives the
 * identity of the moment.
 */
async function assemble(
  settings: Settings,
  own: Settings,
  parts: Parts,
  lights: LightFault,
  context: Context,
): Promise<() => Identity> {
  const { opened, late } = context;
  const instrumentation = openInstrumentation();
  const inference = opened.use(openSwappableInference(parts.inference));
  const carrier = await loadCarrierKeys(settings.carrierKey);
  const operator = await loadOperatorKeys(settings.operatorKey);
  const packKeys = await loadPublisherKeys(settings.packKey);
  const configuration = await configured(own, parts, inference);
  const identity = await openIdentity(settings, parts, inference);
  const credentials = await openCredentials(settings);
  const messaging = openMessaging(settings, credentials, parts, context);
  const status = openStatus(settings, parts, messaging, context);
  lights.attach(status.deviceStatus);
  const { outbox, eventsFor, trouble } = openBrokerEvents(messaging, status.deviceStatus, parts.clock, context);
  const verification = openVerification(
    settings,
    parts,
    {
      messaging,
      outbox,
      status,
      configuration,
      instrumentation,
      camera: instrumentation.camera(parts.camera),
      inference: instrumentation.inference(inference),
      carrier,
    },
    context,
  );
  const { service } = verification;
  late.connect("storageRecovered", () => void service.settleInterrupted().catch(context.fail));
  const management = await openRemoteManagement(
    settings,
    parts,
    { messaging, status, service, configuration, inference, outbox, carrier, operator, packKeys, trouble },
    context,
  );
  const renewal = openCertificateRenewal(settings, parts, credentials, messaging, service, operator, context);
  // The first to stop of what serves: an operator's command may wait for the end of the verification.
  opened.onClose(verification.stop);
  await checkStorage(parts, messaging, status, context);
  await verification.settle();
  status.deviceStatus.update({ session: undefined });
  const health = await openHealth(
    settings,
    parts,
    { messaging, status, instrumentation, inference, busy: service.busy, rotation: verification.rotation, credentials },
    context,
  );
  late.connect("health", health.now);
  late.connect("packChanged", async () => {
    messaging.bestEffort(messaging.publisher.identity(await identity.renew()));
    void health.publish();
  });
  messaging.client.start(
    eventsFor({
      identity: identity.current,
      async greet() {
        credentials.connected();
        void renewal?.check();
        void health.publish();
        await messaging.publisher.reported(await management.reported());
      },
      receive: routed(messaging.topics, verification.request, management, renewal, context.log),
    }),
  );
  return identity.current;
}

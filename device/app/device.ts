import { openWhole } from "../../protocol/common/disposable-stack.ts";
import { withResolvers } from "../../protocol/common/with-resolvers.ts";
import type { Identity } from "../../protocol/messages/contract.ts";
import type { LoadedPack } from "../inference/inference-messages.ts";
import { openSwappableInference } from "../inference/swappable-inference.ts";
import type { Log } from "../process/log.ts";
import type { Settings } from "../settings/settings.ts";
import { loadTrustedKeys } from "../settings/trusted-keys.ts";
import { openInstrumentation } from "../status/instrumentation.ts";
import { type LightFault, lightFault } from "../status/light-fault.ts";
import { openDeviceConfiguration } from "./builders/configuration.ts";
import { type Connection, openConnection } from "./builders/connection.ts";
import type { Context } from "./builders/context.ts";
import { openHealth } from "./builders/health.ts";
import { openIdentity } from "./builders/identity.ts";
import { openRemoteManagement } from "./builders/management.ts";
import { openCertificateRenewal } from "./builders/renewal.ts";
import { checkStorage } from "./builders/status.ts";
import { openVerification, type VerificationPart } from "./builders/verification.ts";
import { openLateEdges } from "./late-edges.ts";
import { openParts, type Parts } from "./parts.ts";
import { startConnection } from "./start-connection.ts";

/** A running device. `dispose` ends a running verification, stores its report, publishes `offline` and turns the light off. */
export interface Device extends AsyncDisposable {
  readonly identity: Identity;
  /** The pack that was loaded at the start. */
  readonly pack: LoadedPack;
  /** Resolves with the cause if only a new start helps. */
  readonly fatal: Promise<unknown>;
  /** Resolves when the device is to be closed and opened again: other settings are in force. */
  readonly reopen: Promise<void>;
}

/** Opens all parts and serves requests. Throws DeviceFault; then the parts that were already open are closed. */
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

/** Builds each part of the device from the parts before, and connects it to the broker. Returns the current identity. */
async function assemble(
  settings: Settings,
  withoutCommands: Settings,
  parts: Parts,
  lights: LightFault,
  context: Context,
): Promise<() => Identity> {
  const { opened, late } = context;
  const instrumentation = openInstrumentation();
  const inference = opened.use(openSwappableInference(parts.inference));
  const keys = await loadTrustedKeys(settings);
  const configuration = await openDeviceConfiguration(withoutCommands, parts, inference);
  const identity = await openIdentity(settings, parts, inference);
  const connection = await openConnection(settings, parts, lights, context);
  const verification = openVerification(
    settings,
    parts,
    { connection, configuration, instrumentation, inference, keys },
    context,
  );
  const { service } = verification;
  const management = await openRemoteManagement(
    settings,
    parts,
    { connection, service, configuration, inference, keys },
    context,
  );
  const renewal = openCertificateRenewal(settings, parts, connection, service, keys.operator, context);
  // Verification stops before the rest: an operator's command may wait for its end.
  opened.onClose(verification.stop);
  await settleStart(parts, connection, verification, context);
  const health = await openHealth(settings, parts, { connection, verification, instrumentation, inference }, context);
  late.connect("health", health.now);
  startConnection(connection, { identity, verification, management, renewal, health }, context);
  return identity.current;
}

/** Reports problems of the data folder and verifications that an earlier run did not finish. Then the device is ready. */
async function settleStart(
  parts: Pick<Parts, "store">,
  { messaging, status }: Connection,
  verification: VerificationPart,
  context: Context,
): Promise<void> {
  await checkStorage(parts, messaging, status, context);
  await verification.settle();
  status.deviceStatus.update({ session: undefined });
}

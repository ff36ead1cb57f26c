import { createHash } from "node:crypto";
import type { Ask } from "../../carrier/client.ts";
import { type Asker, prepareAim, prepareCancel, prepareVerifyBytes } from "../../carrier/request.ts";
import { codedError } from "../../protocol/common/coded-error.ts";
import { type CancelClaims, topicsOf } from "../../protocol/messages/contract.ts";
import type { Outgoing } from "../../protocol/mqtt/client.ts";
import type { Database } from "../database/database.ts";
import { type Camera, findCamera } from "../register/register.ts";
import { noteAsked, noteSent } from "./verifications.ts";

/** The reason why no request was sent to a camera. */
export type AskErrorCode = "camera_unknown" | "camera_offline" | "id_taken";

export class AskError extends codedError<AskErrorCode>("AskError") {}

/** Sends requests to cameras. */
export interface Asking {
  /**
   * Asks a registered camera for a verification. Resolves when the broker has the request. A repetition with an id whose request
   * was sent before sends nothing and resolves with `known`. Throws AskError, CarrierError `bad_input`, BrokerError, or what the
   * database throws.
   */
  verify(device: string, camera: Camera | undefined, id: string, ask: Ask, askedBy: string): Promise<"sent" | "known">;
  /** Asks a camera to end a verification. The camera's report gives the reason. */
  cancel(device: string, id: string, because: CancelClaims["because"]): Promise<void>;
  /** Makes an aim request. It is not sent yet, so that the caller can first listen for its answers. */
  aim(device: string, seconds: number): Promise<AimRequest>;
}

export interface AimRequest {
  readonly id: string;
  /** Resolves when the broker has the request. Throws BrokerError. */
  send(): Promise<void>;
}

export interface AskingParts {
  readonly database: Database;
  readonly publish: (message: Outgoing) => Promise<void>;
  readonly asker: Asker;
  readonly topics: string;
  /** Whether requests promise a receipt for the report. */
  readonly receipts: boolean;
}

/** The time that a camera may need in addition to the verification itself. */
const GRACE_MS = 10_000;

export function openAsking({ database, publish, asker, topics, receipts }: AskingParts): Asking {
  const send = (device: string, payload: string | Buffer) =>
    publish({ topic: topicsOf(topics, device).request, payload, qos: 1, retain: false });
  return {
    async verify(device, camera, id, ask, askedBy) {
      const fingerprint = fingerprintOf(ask);
      // A repetition is known also after its camera has gone: it asks how the request ended, and sends nothing.
      if (!isConnected(camera) && (await wasSent(database, { device, id, fingerprint }))) return "known";
      const identity = connectedIdentity(device, camera);
      const prepared = prepareVerifyBytes(asker, identity, { ...ask, receipt: receipts }, id);
      const answerBy = new Date(Date.now() + prepared.timeoutMs + GRACE_MS);
      const asked = { device, id, fingerprint, digest: prepared.digest, askedBy, answerBy };
      if (!(await noteAsked(database, asked))) {
        // Throws if the id was used for another request.
        await wasSent(database, asked);
        return "known";
      }
      await send(device, prepared.payload);
      await noteSent(database, device, id);
      return "sent";
    },
    async cancel(device, id, because) {
      const identity = connectedIdentity(device, await findCamera(database, device));
      await send(device, (await prepareCancel(asker, identity, id, because)).sealed);
    },
    async aim(device, seconds) {
      const prepared = await prepareAim(asker, connectedIdentity(device, await findCamera(database, device)), seconds);
      return { id: prepared.jti, send: () => send(device, prepared.sealed) };
    },
  };
}

const isConnected = (camera: Camera | undefined) => camera?.identity != null && camera.status?.state !== "offline";

function connectedIdentity(device: string, camera: Camera | undefined) {
  if (!camera?.identity) throw new AskError("camera_unknown", `no identity of the camera ${device} is known`);
  if (camera.status?.state === "offline")
    throw new AskError("camera_offline", `the camera ${device} is not connected to the broker`);
  return camera.identity;
}

/** Whether the request of an id was sent, or has a result. Throws AskError `id_taken` if it asked for something else. */
async function wasSent(
  database: Database,
  { device, id, fingerprint }: { readonly device: string; readonly id: string; readonly fingerprint: string },
): Promise<boolean> {
  const [row] = await database.query<{ readonly same: boolean; readonly known: boolean }>(
    `select fingerprint = $3 as same, sent or seq is not null or refusal_code is not null as known
      from verifications where device = $1 and id = $2`,
    [device, id, fingerprint],
  );
  if (row?.same === false) throw new AskError("id_taken", `${id} was used for another request`);
  return row?.known ?? false;
}

/** A digest of the request without the photo, so that it contains nothing about the person's face. */
function fingerprintOf({ consent, purpose, policy }: Ask): string {
  return createHash("sha256")
    .update(JSON.stringify([consent, purpose, policy ?? null]))
    .digest("base64url");
}

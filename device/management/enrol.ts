import { type ApprovalReader, ApprovalRefusal, readApproval } from "../../protocol/identity/approval.ts";
import type { Bootstrap } from "../../protocol/identity/bootstrap.ts";
import { makeTlsKey } from "../../protocol/identity/tls-key.ts";
import { topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import type { Log } from "../process/log.ts";
import { repeat } from "../process/repeat.ts";
import type { DeviceKeys } from "./device-keys.ts";
import { enrolmentToken } from "./provision.ts";
import { type Provisioned, provisionedBy, writeProvisioned } from "./provisioned.ts";

interface EnrolParts {
  readonly bootstrap: Bootstrap;
  readonly device: string;
  readonly dataFolder: string;
  readonly keys: Pick<DeviceKeys, "signing" | "sealing">;
  readonly wallMs: () => number;
  readonly log: Log;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
  /** How often the camera asks. */
  readonly everyMs?: number;
}

/** The pause is short for a person who waits at a new camera. A thousand cameras ask at most a hundred times a second. */
const EVERY_MS = 10_000;
/** An enrolment can be approved for this time. After that the camera makes another one. */
const ENROLMENT_LASTS_MS = 3_600_000;

/**
 * Asks with the fleet's bootstrap credential until an operator approves, and stores the approval. Resolves with it, or with
 * undefined if `signal` ends the attempt. A refused approval changes nothing.
 */
export async function enrol(parts: EnrolParts): Promise<Provisioned | undefined> {
  const { bootstrap, device, log, signal } = parts;
  const topics = topicsOf(bootstrap.topics, device);
  const current = openEnrolment(parts);
  await using client = openMqttClient({
    url: bootstrap.url,
    clientId: device,
    subscribe: [topics.approval],
    tls: bootstrap.tls,
  });
  const ask = async () => {
    const payload = await current.token();
    await client.publish({ topic: topics.enrolment, payload, qos: 1, retain: false, expirySeconds: 60 });
  };
  const unsent = (error: unknown) => log.debug({ event: "unsent", reason: String(error) });
  return await new Promise<Provisioned | undefined>((resolve, reject) => {
    const asking = repeat(parts.everyMs ?? EVERY_MS, () => ask().catch(unsent));
    const end = (provisioned?: Provisioned) => asking[Symbol.asyncDispose]().then(() => resolve(provisioned), reject);
    signal.addEventListener("abort", () => void end(), { once: true });
    if (signal.aborted) void end();
    client.start({
      connected() {
        log.info({ event: "enrolment_sent", broker: bootstrap.url.host });
        void ask().catch(unsent);
      },
      lost: ({ code, message }) => log.warn({ event: "enrolment_waits", code, reason: message }),
      denied: ({ code, message }) => log.warn({ event: "enrolment_waits", code, reason: message }),
      async message(_topic, payload) {
        const taken = await current.take(payload).catch((error: unknown) => refused(log, error));
        if (!taken) return;
        log.info({ event: "provisioned", shop: taken.shop, broker: new URL(taken.broker.url).host });
        void end(taken);
      },
    });
  });
}

function refused(log: Log, error: unknown): undefined {
  if (!(error instanceof ApprovalRefusal)) throw error;
  log.warn({ event: "approval_refused", code: error.code, reason: error.message });
}

/** The waiting enrolment, with the key for which it asks a certificate. */
interface Enrolment {
  token(): Promise<string>;
  /** Takes an approval of the last token. Throws ApprovalRefusal. */
  take(payload: Uint8Array): Promise<Provisioned>;
}

function openEnrolment({ bootstrap, device, dataFolder, keys, wallMs }: EnrolParts): Enrolment {
  const made = makeTlsKey();
  let [token, madeMs] = ["", Number.NEGATIVE_INFINITY];
  return {
    async token() {
      if (Math.abs(wallMs() - madeMs) < ENROLMENT_LASTS_MS) return token;
      madeMs = wallMs();
      token = await enrolmentToken({ device, keys, key: await made, wallMs: madeMs });
      return token;
    },
    async take(payload) {
      const { sealing } = keys;
      const reader: ApprovalReader = { device, sealing, operator: bootstrap.operator, enrolment: token, wallMs };
      const approval = await readApproval(payload, reader);
      if (approval.type !== "provision") throw new ApprovalRefusal("invalid_claims", `type: ${approval.type}`);
      const provisioned = provisionedBy(approval, await made, wallMs());
      await writeProvisioned(dataFolder, provisioned);
      return provisioned;
    },
  };
}

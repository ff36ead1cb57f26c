import type { KeySet } from "../../protocol/encoding/tokens.ts";
import { ApprovalRefusal, readApproval } from "../../protocol/identity/approval.ts";
import { makeTlsKey } from "../../protocol/identity/tls-key.ts";
import type { Log } from "../process/log.ts";
import { repeat } from "../process/repeat.ts";
import { certificateLife } from "./certificate-life.ts";
import type { DeviceKeys } from "./device-keys.ts";
import { enrolmentToken } from "./provision.ts";
import { type Provisioned, requireCertificate, writeProvisioned } from "./provisioned.ts";
import type { TlsPairs } from "./tls-pairs.ts";

interface RenewalParts {
  readonly dataFolder: string;
  readonly provisioned: Provisioned;
  readonly pairs: TlsPairs;
  readonly keys: Pick<DeviceKeys, "signing" | "sealing">;
  readonly operator: KeySet;
  readonly wallMs: () => number;
  readonly log: Log;
  /** Publishes an enrolment. */
  readonly ask: (token: string) => Promise<void>;
  /** Reconnects between two verifications. */
  readonly reconnect: () => Promise<void>;
}

/** Renews the certificate of a running camera. */
export interface Renewal extends AsyncDisposable {
  /** Takes a message of the `approval` topic. Never rejects. */
  take(payload: Uint8Array): Promise<void>;
  /** Called on each new connection. Asks if the time has come. Never rejects. */
  check(): Promise<void>;
}

/** An unanswered request is repeated after at most one hour, and sooner if the certificate has a short life. */
const CHECK = { mostMs: 3_600_000, share: 1 / 100, leastMs: 1_000 } as const;

/**
 * Asks for a new certificate over the connection with the old one. The request is signed with the registered key and the new
 * key. The old certificate stays in use until the new one is stored. A refused approval changes nothing.
 */
export function openRenewal(parts: RenewalParts): Renewal {
  const { dataFolder, pairs, keys, operator, wallMs, log } = parts;
  let { provisioned } = parts;
  let waiting: { readonly token: string; readonly key: string } | undefined;
  let restUntilMs = 0;
  const { device } = provisioned;
  const { fromMs, toMs } = certificateLife(pairs.current().certificate);
  const everyMs = Math.min(CHECK.mostMs, Math.max(CHECK.leastMs, (toMs - fromMs) * CHECK.share));

  const check = async () => {
    if (wallMs() < Math.max(restUntilMs, certificateLife(pairs.current().certificate).renewAtMs)) return;
    const key = waiting?.key ?? (await makeTlsKey());
    waiting = { key, token: await enrolmentToken({ device, keys, key, wallMs: wallMs() }) };
    await parts.ask(waiting.token);
    log.info({ event: "renewal_sent" });
  };
  const take = async (payload: Uint8Array) => {
    if (!waiting) throw new ApprovalRefusal("other_enrolment", "none waits");
    const { token, key } = waiting;
    const approval = await readApproval(payload, {
      device,
      sealing: keys.sealing,
      operator,
      enrolment: token,
      wallMs,
    });
    if (approval.type !== "renew") throw new ApprovalRefusal("invalid_claims", `type: ${approval.type}`);
    const { certificate } = approval;
    requireCertificate(certificate, device, key, wallMs());
    const next = { ...provisioned, certificate, key, previous: pairs.current() };
    await writeProvisioned(dataFolder, next);
    provisioned = next;
    waiting = undefined;
    // A broker that refuses each new certificate lets the old one in, and with it the next check.
    restUntilMs = wallMs() + everyMs;
    pairs.replace({ certificate, key });
    log.info({ event: "certificate_renewed", until: new Date(certificateLife(certificate).toMs).toISOString() });
    // Not awaited: a running verification may take longer than the broker waits for an acknowledgement.
    void parts.reconnect();
  };
  const unsent = (error: unknown) => log.debug({ event: "unsent", reason: String(error) });
  const checkSafely = () => check().catch(unsent);
  const checks = repeat(everyMs, checkSafely);
  return {
    check: checkSafely,
    take: (payload) =>
      take(payload).catch((error: unknown) => {
        const code = error instanceof ApprovalRefusal ? error.code : "failed";
        log.warn({ event: "approval_refused", code, reason: String(error) });
      }),
    [Symbol.asyncDispose]: () => checks[Symbol.asyncDispose](),
  };
}

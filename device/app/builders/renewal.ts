import type { KeySet } from "../../../protocol/encoding/tokens.ts";
import { openRenewal, type Renewal } from "../../management/renew.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Service } from "../../verification/service.ts";
import type { Parts } from "../parts.ts";
import type { Connection } from "./connection.ts";
import type { Context } from "./context.ts";

/** Renews the certificate of an enrolment. Undefined if there is no such certificate, or no operator. */
export function openCertificateRenewal(
  { dataFolder }: Pick<Settings, "dataFolder">,
  { keys, clock }: Pick<Parts, "keys" | "clock">,
  { credentials: { renewable }, messaging }: Connection,
  service: Pick<Service, "between">,
  operator: KeySet | undefined,
  { log, opened }: Context,
): Renewal | undefined {
  if (!renewable || !operator) return undefined;
  const { client, topics, bestEffort } = messaging;
  const expirySeconds = 600;
  return opened.use(
    openRenewal({
      dataFolder,
      ...renewable,
      keys,
      operator,
      wallMs: clock.wallMs,
      log,
      ask: (payload) => client.publish({ topic: topics.enrolment, payload, qos: 1, retain: false, expirySeconds }),
      reconnect: async () => bestEffort(service.between(async () => client.reconnect())),
    }),
  );
}

import type { Tls } from "../../../protocol/mqtt/client.ts";
import { certificateLife } from "../../management/certificate-life.ts";
import { type Provisioned, readProvisioned } from "../../management/provisioned.ts";
import { openTlsPairs, type TlsPairs } from "../../management/tls-pairs.ts";
import { loadTls, type TlsSettings } from "../../messaging/tls.ts";
import type { Log } from "../../process/log.ts";
import type { Settings } from "../../settings/settings.ts";

/** How the device proves itself to the broker. */
export interface Credentials {
  /** For the next attempt to connect; undefined without TLS settings. */
  readonly tls: () => Tls | undefined;
  readonly connected: () => void;
  /** The result of an enrolment whose certificate is in use: the device renews it. Undefined otherwise. */
  readonly renewable: { readonly provisioned: Provisioned; readonly pairs: TlsPairs } | undefined;
  /** The time until the certificate in use ends; undefined without one. */
  readonly secondsLeft: (wallMs: number) => number | undefined;
}

/** Throws DeviceFault `settings_refused`. */
export async function openCredentials(
  settings: TlsSettings & Pick<Settings, "dataFolder">,
  log: Log,
): Promise<Credentials> {
  const tls = await loadTls(settings);
  const provisioned = await readProvisioned(settings.dataFolder);
  const own = provisioned !== undefined && provisioned.certificate === tls?.cert;
  const fellBack = ({ certificate }: { readonly certificate: string }) =>
    log.warn({ event: "certificate_fell_back", until: new Date(certificateLife(certificate).toMs).toISOString() });
  const pairs = own ? openTlsPairs(tls?.ca, provisioned, provisioned.previous, fellBack) : undefined;
  const certificate = () => pairs?.current().certificate ?? tls?.cert;
  return {
    tls: () => pairs?.next() ?? tls,
    connected: () => pairs?.connected(),
    renewable: own && pairs ? { provisioned, pairs } : undefined,
    secondsLeft(wallMs) {
      const pem = certificate();
      return pem ? Math.round((certificateLife(pem).toMs - wallMs) / 1_000) : undefined;
    },
  };
}

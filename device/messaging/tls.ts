import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { Tls } from "../../protocol/mqtt/client.ts";
import { DeviceFault } from "../faults.ts";
import { SETTINGS, type Settings } from "../settings/settings.ts";

/** The settings for a connection over TLS. */
export type TlsSettings = Pick<Settings, "brokerUrl" | "brokerCa" | "brokerCert" | "brokerKey"> &
  Partial<Pick<Settings, "brokerAlso">>;

/** Reads the keys and certificates that the settings name. Throws DeviceFault `settings_refused`. */
export async function loadTls(settings: TlsSettings): Promise<Tls | undefined> {
  const named = (["brokerCa", "brokerCert", "brokerKey"] as const).filter((name) => settings[name] !== undefined);
  if (named.length > 0 && settings.brokerUrl.protocol !== "mqtts:") {
    throw refused(`${variables(named)} has no effect without an address that starts with mqtts://`);
  }
  if (settings.brokerAlso?.some(({ protocol }) => protocol !== settings.brokerUrl.protocol)) {
    throw refused(
      `${SETTINGS.brokerAlso.variable} and ${SETTINGS.brokerUrl.variable} must all be mqtt:// or all mqtts://`,
    );
  }
  if ((settings.brokerCert === undefined) !== (settings.brokerKey === undefined)) {
    throw refused(`${variables(["brokerCert", "brokerKey"])} must both be set, or none`);
  }
  const [ca, cert, key] = await Promise.all(
    (["brokerCa", "brokerCert", "brokerKey"] as const).map((name) => readPem(name, settings[name])),
  );
  if (cert && key) requirePair(cert, key);
  return named.length > 0 ? { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) } : undefined;
}

/** A certificate with another key is refused at the start; otherwise each connection would fail. */
function requirePair(cert: string, key: string): void {
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw refused(
      `${variables(["brokerCert", "brokerKey"])} do not belong together, or cannot be read; if \`matchlight provision --accept\` was interrupted, repeat it`,
      cause as Error,
    );
  }
}

async function readPem(name: "brokerCa" | "brokerCert" | "brokerKey", path?: string): Promise<string | undefined> {
  if (path === undefined || path.includes("-----BEGIN ")) return path;
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw refused(`${SETTINGS[name].variable}: ${path} cannot be read (${cause.code})`, cause);
  });
  if (text.includes("-----BEGIN ")) return text;
  throw refused(`${SETTINGS[name].variable}: ${path} holds no PEM ("-----BEGIN …")`);
}

function variables(names: readonly (keyof TlsSettings)[]): string {
  return names.map((name) => SETTINGS[name].variable).join(" and ");
}

function refused(words: string, cause?: unknown): DeviceFault {
  return new DeviceFault("settings_refused", `${words}.`, { cause });
}

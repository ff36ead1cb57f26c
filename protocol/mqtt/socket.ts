import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext } from "node:tls";

/** A client certificate and a private authority, as PEM. */
export interface Tls {
  /** The trusted authorities. Default: those of the system. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** TLS 1.0 and 1.1 are broken, whatever the system's OpenSSL may still allow. */
const MIN_VERSION = "TLSv1.2";

/** Whether an address is one of a broker: mqtt:// or mqtts:// and a host. A misspelt scheme must not mean "without TLS". */
export function isBrokerUrl({ protocol, hostname }: URL): boolean {
  return (protocol === "mqtt:" || protocol === "mqtts:") && hostname !== "";
}

/** What is wrong with the credentials in or for an address, in words; undefined if nothing is. */
export function credentialsProblem(url: URL, tls: Tls): string | undefined {
  return (
    thrownBy(() => credentialsOf(url)) ??
    tlsProblem(url, tls) ??
    thrownBy(
      () => createSecureContext(tls),
      "the authority, the certificate and the key are no PEM that fits together: ",
    )
  );
}

function thrownBy(work: () => unknown, before = ""): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return before + (error instanceof Error ? error.message : String(error));
  }
}

/** What is wrong with the files for an address, in words; undefined if nothing is. */
export function tlsProblem({ protocol }: URL, { ca, cert, key }: Tls): string | undefined {
  if ((cert === undefined) !== (key === undefined)) return "a certificate and its key go together";
  if (protocol === "mqtt:" && ca !== undefined && cert === undefined)
    return "an authority needs an address that starts with mqtts://";
  return undefined;
}

/**
 * Starts a connection to a broker: without TLS for mqtt://, with TLS otherwise and always with a client certificate. The
 * broker's certificate must be signed by `tls.ca` or by an authority of the system.
 */
export function openSocket(url: URL, tls: Tls): Socket {
  // Only URLs have brackets around an IPv6 address.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol !== "mqtt:" || (tls.cert !== undefined && tls.key !== undefined);
  const port = Number(url.port) || (secure ? 8883 : 1883);
  if (!secure) return connectPlain({ host, port });
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, minVersion: MIN_VERSION, ...name, ...tls });
}

/** The decoded user and password of an address. The password is optional. Throws TypeError. */
export function credentialsOf({ username, password }: URL): { readonly username?: string; readonly password?: string } {
  if (username === "") return {};
  const user = { username: decoded(username) };
  return password === "" ? user : { ...user, password: decoded(password) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const why = "the user or the password in the broker's address has a % that begins no code; write %25 for it";
    throw new TypeError(why, { cause });
  }
}

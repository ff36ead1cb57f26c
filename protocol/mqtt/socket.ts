import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

/** A client certificate and a private authority, as PEM. */
export interface Tls {
  /** The authorities to trust; those of the system when it is left out. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** TLS 1.0 and 1.1 are broken, whatever the system's OpenSSL may still allow. */
const MIN_VERSION = "TLSv1.2";

/**
 * Begins a connection to a broker: in the open for mqtt://, otherwise, and whenever there is a client certificate to
 * show, over TLS, which trusts nobody that `tls.ca` or the system's authorities do not vouch for.
 */
export function openSocket(url: URL, tls: Tls): Socket {
  // An address of IPv6 stands in brackets in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const secure = url.protocol === "mqtts:" || (tls.cert !== undefined && tls.key !== undefined);
  const port = Number(url.port) || (secure ? 8883 : 1883);
  if (!secure) return connectPlain({ host, port });
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, minVersion: MIN_VERSION, ...name, ...tls });
}

/** User and password of an address, as they were before they were written into it; a user may have no password. */
export function credentialsOf({ username, password }: URL): { readonly username?: string; readonly password?: string } {
  if (username === "") return {};
  const user = { username: decodeURIComponent(username) };
  return password === "" ? user : { ...user, password: decodeURIComponent(password) };
}

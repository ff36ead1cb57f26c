import type { Tls } from "../../protocol/mqtt/client.ts";

/** A client certificate and its private key, PEM. */
interface TlsPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * The certificate in use and the one before it. Until the new one has opened a connection, both are tried in turn, so that
 * the camera can connect to a broker that does not accept the new one.
 */
export interface TlsPairs {
  /** The pair for the next attempt to connect. */
  next(): Tls;
  /** The last attempt has connected. */
  connected(): void;
  replace(pair: TlsPair): void;
  /** The pair in use. */
  current(): TlsPair;
}

export function openTlsPairs(ca: string | undefined, first: TlsPair, before?: TlsPair): TlsPairs {
  let pairs: readonly TlsPair[] = before ? [first, before] : [first];
  let [attempts, used] = [0, first];
  return {
    next() {
      used = pairs[attempts++ % pairs.length] ?? first;
      return { ...(ca ? { ca } : {}), cert: used.certificate, key: used.key };
    },
    connected() {
      attempts = Math.max(0, pairs.indexOf(used));
      if (used === pairs[0]) pairs = [used];
    },
    replace(pair) {
      pairs = [pair, used];
      attempts = 0;
    },
    current: () => pairs[0] ?? first,
  };
}

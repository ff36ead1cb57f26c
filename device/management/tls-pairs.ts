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
  /** The pair in use: the last that connected, or a new one until the one before it has connected in its place. */
  current(): TlsPair;
}

/** `fellBack` is called once for each new pair in whose place the one before it has connected. */
export function openTlsPairs(
  ca: string | undefined,
  first: TlsPair,
  before?: TlsPair,
  fellBack: (to: TlsPair) => void = () => undefined,
): TlsPairs {
  let pairs: readonly TlsPair[] = before ? [first, before] : [first];
  let [attempts, used, current] = [0, first, first];
  return {
    next() {
      used = pairs[attempts++ % pairs.length] ?? first;
      return { ...(ca ? { ca } : {}), cert: used.certificate, key: used.key };
    },
    connected() {
      attempts = Math.max(0, pairs.indexOf(used));
      if (used === pairs[0]) pairs = [used];
      else if (current !== used) fellBack(used);
      current = used;
    },
    replace(pair) {
      pairs = [pair, used];
      attempts = 0;
      current = pair;
    },
    current: () => current,
  };
}

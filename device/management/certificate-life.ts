import { createHash, X509Certificate } from "node:crypto";

/** When a certificate holds, and when its camera asks for the next one, milliseconds since 1970. */
export interface CertificateLife {
  readonly fromMs: number;
  readonly toMs: number;
  readonly renewAtMs: number;
}

/** From two thirds of its life, plus a random part, so that cameras that were installed together do not ask together. */
const RENEW = { from: 2 / 3, spread: 1 / 10 } as const;

/** The lot is drawn from the certificate, so that a new start does not draw again. Pure. Throws Error when it is none. */
export function certificateLife(pem: string): CertificateLife {
  const { validFrom, validTo, raw } = new X509Certificate(pem);
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const lot = createHash("sha256").update(raw).digest().readUInt32BE() / 2 ** 32;
  return { fromMs, toMs, renewAtMs: fromMs + (toMs - fromMs) * (RENEW.from + RENEW.spread * lot) };
}

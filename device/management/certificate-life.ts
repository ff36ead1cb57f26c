import { createHash, X509Certificate } from "node:crypto";

/** The validity of a certificate, and when its camera asks for the next one; milliseconds since 1970. */
interface CertificateLife {
  readonly fromMs: number;
  readonly toMs: number;
  readonly renewAtMs: number;
}

/** Renewal starts after two thirds of the validity plus a random part, so that a fleet does not ask at the same time. */
const RENEW = { from: 2 / 3, spread: 1 / 10 } as const;

/** The random part comes from the certificate, so it is the same after a restart. Pure. Throws Error if it is no certificate. */
export function certificateLife(pem: string): CertificateLife {
  const { validFrom, validTo, raw } = new X509Certificate(pem);
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  const lot = createHash("sha256").update(raw).digest().readUInt32BE() / 2 ** 32;
  return { fromMs, toMs, renewAtMs: fromMs + (toMs - fromMs) * (RENEW.from + RENEW.spread * lot) };
}

import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/**
 * A fresh private key for TLS (P-256), as PKCS#8 PEM. What makes requests and certificates of it needs a library of 20 MB
 * in memory, which a camera loads only when it enrols or renews.
 */
export async function makeTlsKey(): Promise<string> {
  const { privateKey } = await generate("ec", { namedCurve: "P-256" });
  return String(privateKey.export({ format: "pem", type: "pkcs8" }));
}

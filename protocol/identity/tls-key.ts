import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/**
 * Makes a new private key for TLS (P-256), as PKCS#8 PEM. The library for requests and certificates takes 20 MB of memory, so
 * a camera loads it only when it enrols or renews.
 */
export async function makeTlsKey(): Promise<string> {
  const { privateKey } = await generate("ec", { namedCurve: "P-256" });
  return String(privateKey.export({ format: "pem", type: "pkcs8" }));
}

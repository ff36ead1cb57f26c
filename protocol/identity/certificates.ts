// @peculiar/x509 uses tsyringe, which needs this package to be loaded first.
import "reflect-metadata";
import { createPrivateKey, type KeyObject, randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

x509.cryptoProvider.set(globalThis.crypto);

/** The algorithm of client keys and certificates. Every broker and TLS library supports it. */
const CURVE = { name: "ECDSA", namedCurve: "P-256" } as const;
const SIGNING = { name: "ECDSA", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** A PKCS#10 request (RFC 2986) for a client certificate whose common name is the camera's, as PEM. */
export async function requestCertificate(device: string, keyPem: string): Promise<string> {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [device] }],
    keys: await keyPair(keyPem),
    signingAlgorithm: SIGNING,
  });
  return request.toString("pem");
}

/** The name in a certificate request. Throws Error if it is not a request, or is not signed with the key in it. */
export async function readCertificateRequest(pem: string): Promise<{ readonly device: string }> {
  const request = new x509.Pkcs10CertificateRequest(pem);
  if (!(await request.verify())) throw new Error("the certificate request is not signed with its own key");
  const [device, ...more] = request.subjectName.getField("CN");
  if (device === undefined || more.length > 0) throw new Error("the certificate request has not one common name");
  return { device };
}

/** The authority that signs certificates: its certificate and its private key (EC or RSA), as PEM. */
export interface Authority {
  readonly certificate: string;
  readonly key: string;
}

/** Issues the certificate of a request, for TLS clients only. Throws Error if request or authority cannot be used. */
export async function issueCertificate(
  requestPem: string,
  { certificate, key }: Authority,
  days: number,
  nowMs = Date.now(),
): Promise<string> {
  const { device } = await readCertificateRequest(requestPem);
  const [ca, request] = [new x509.X509Certificate(certificate), new x509.Pkcs10CertificateRequest(requestPem)];
  const signing = await importPrivate(createPrivateKey(key));
  const issued = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString("hex"),
    subject: [{ CN: [device] }],
    issuer: ca.subjectName,
    // Clocks differ, so the certificate is valid from an hour ago; a short one from a tenth of its life ago.
    notBefore: new Date(nowMs - Math.min(3_600_000, (days * DAY_MS) / 10)),
    notAfter: new Date(nowMs + days * DAY_MS),
    publicKey: request.publicKey,
    signingKey: signing,
    signingAlgorithm: { ...signing.algorithm, hash: "SHA-256" },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  return issued.toString("pem");
}

async function keyPair(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const secret = createPrivateKey(pem);
  const { d: _, ...open } = secret.export({ format: "jwk" });
  return {
    privateKey: await importPrivate(secret),
    publicKey: await webcrypto.subtle.importKey("jwk", open, CURVE, true, ["verify"]),
  };
}

function importPrivate(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const curve = key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "P-384" : "P-256";
  const how =
    key.asymmetricKeyType === "rsa" ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } : { ...CURVE, namedCurve: curve };
  const der = key.export({ format: "der", type: "pkcs8" });
  return webcrypto.subtle.importKey("pkcs8", der, how, false, ["sign"]);
}

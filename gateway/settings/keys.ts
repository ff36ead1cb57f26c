import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import { type Tls, tlsProblem } from "../../protocol/mqtt/client.ts";
import type { TokenIssuer } from "../http/access.ts";
import { readJson, readText, refused } from "./files.ts";
import { type Settings, SettingsRefused } from "./settings.ts";

/**
 * The carrier's private key: from the configured file, or from the data folder, where it is made once. Throws SettingsRefused.
 */
export function loadCarrierKey({ key, dataFolder }: Pick<Settings, "key" | "dataFolder">): Promise<JWK> {
  return key === undefined ? readOrMake(join(dataFolder, "carrier.private.jwk")) : readJson<JWK>(key);
}

/** The key with which the gateway itself signs tokens. */
export function loadTokenKey({ dataFolder }: Pick<Settings, "dataFolder">): Promise<JWK> {
  return readOrMake(join(dataFolder, "tokens.private.jwk"));
}

/** The issuer whose tokens are accepted. Throws SettingsRefused. */
export async function loadTokenIssuer(settings: Settings): Promise<TokenIssuer> {
  const { tokenKeys, tokenIssuer: issuer } = settings;
  if (tokenKeys === undefined) {
    const { d: _, ...publicKey } = await loadTokenKey(settings);
    return { keys: { keys: [publicKey] }, issuer };
  }
  if (/^https:\/\//.test(tokenKeys)) return { keys: new URL(tokenKeys), issuer };
  const read = await readJson<JWK | { readonly keys: JWK[] }>(tokenKeys);
  return { keys: { keys: "keys" in read ? (read.keys as JWK[]) : [read] }, issuer };
}

/** Reads the files of the settings for TLS. Throws SettingsRefused, also if they have no effect with the broker's address. */
export async function loadTls({ broker, brokerCa, brokerCert, brokerKey }: Settings): Promise<Tls | undefined> {
  const [ca, cert, key] = await Promise.all([brokerCa, brokerCert, brokerKey].map((path) => path && readText(path)));
  const tls = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
  if (Object.keys(tls).length === 0) return undefined;
  const problem = broker === "embedded" ? "the embedded broker has no TLS" : tlsProblem(broker, tls);
  if (problem === undefined) return tls;
  throw new SettingsRefused(`MATCHLIGHT_BROKER_CA, _CERT and _KEY do not fit MATCHLIGHT_BROKER_URL: ${problem}.`);
}

async function readOrMake(path: string): Promise<JWK> {
  const made = await generatePrivateJwk("signing");
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, `${JSON.stringify(made)}\n`, { mode: 0o600, flag: "wx" }).catch((error) => {
    if (error.code !== "EEXIST") throw refused(path, error);
  });
  return readJson<JWK>(path);
}

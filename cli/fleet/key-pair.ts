import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { print } from "../console/print.ts";

/** Makes a signing key and writes both halves into a folder. `use` describes the use of the public key. */
export async function writeKeyPair(folder: string, name: string, use: string): Promise<void> {
  const secret = await generatePrivateJwk("signing");
  const { d: _, ...open } = secret;
  const privateFile = join(folder, `${name}.private.jwk`);
  const publicFile = join(folder, `${name}.public.jwk`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // "wx": a second keygen must not overwrite a key that is in use.
  await writeFile(privateFile, JSON.stringify(secret), { mode: 0o600, flag: "wx" }).catch(explainExisting);
  await writeFile(publicFile, JSON.stringify(open), { flag: "wx" }).catch(explainExisting);
  print(`Wrote ${privateFile} (keep it secret)`);
  print(`and   ${publicFile} (${use}).`);
}

function explainExisting(error: NodeJS.ErrnoException): never {
  if (error.code !== "EEXIST") throw error;
  throw new Error(`${error.path} exists already and is not overwritten: name another folder with --out`, {
    cause: error,
  });
}

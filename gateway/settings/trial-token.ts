import { readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { AUDIENCE } from "../http/access.ts";
import { loadTokenKey } from "./keys.ts";
import type { Settings } from "./settings.ts";

const TOKEN_SECONDS = 86_400;

/** Makes a token for a trial, signed by the gateway's own key. In production, the issuer makes tokens. */
export async function makeTrialToken(
  settings: Pick<Settings, "dataFolder" | "tokenIssuer">,
  scope: string,
): Promise<string> {
  const key = await readPrivateKey(await loadTokenKey(settings), "signing");
  const exp = Math.floor(Date.now() / 1000) + TOKEN_SECONDS;
  const issuer = settings.tokenIssuer === undefined ? {} : { iss: settings.tokenIssuer };
  return sign({ ...issuer, sub: "trial", aud: AUDIENCE, scope, exp }, "JWT", key);
}

import type { ReportedClaims } from "../../carrier/client.ts";
import { type JWK, readKeySet, readPrivateKey, sign, verifyWithKeySet } from "../../protocol/encoding/tokens.ts";

/** What a camera had before, and for a pack which one follows: so much as taking it back needs. */
export type Before =
  | { readonly kind: "pack"; readonly hash: string; readonly next: string }
  | { readonly kind: "settings"; readonly config: ReportedClaims["config"] };

/** What is noted of a camera before it is sent the change. */
export interface Noted {
  readonly rollout: string;
  readonly camera: string;
  readonly before: Before;
}

/**
 * Signs and reads what cameras had before. The gateway keeps it, and it decides what the operator signs when the change is taken
 * back: with the operator's signature, a gateway that is broken into cannot make it up.
 */
export interface Notes {
  sign(noted: Noted): Promise<string>;
  /** Undefined when this operator has not signed it for this camera of this rollout. */
  read(token: unknown, of: Pick<Noted, "rollout" | "camera">): Promise<Noted | undefined>;
}

const TYPE = "matchlight-rollout-before+jwt";

export async function openNotes(operator: JWK): Promise<Notes> {
  const key = await readPrivateKey(operator, "signing");
  const keys = await readKeySet(key.public);
  return {
    sign: (noted) => sign(noted, TYPE, key),
    async read(token, { rollout, camera }) {
      if (typeof token !== "string") return undefined;
      const noted = await verifyWithKeySet(token, TYPE, keys).catch(() => undefined);
      // Nobody else has the key: it has the form that was signed.
      const read = noted as Noted | undefined;
      return read?.rollout === rollout && read.camera === camera ? read : undefined;
    },
  };
}

import type { ReportedClaims } from "../../carrier/client.ts";
import { type JWK, readKeySet, readPrivateKey, sign, verifyWithKeySet } from "../../protocol/encoding/tokens.ts";

/** The state of a camera before the change: as much as a roll-back needs. For a pack, also the pack that follows it. */
export type Before =
  | { readonly kind: "pack"; readonly hash: string; readonly next: string }
  | { readonly kind: "settings"; readonly config: ReportedClaims["config"] };

/** The data that is noted before a camera is sent the change. */
export interface Noted {
  readonly rollout: string;
  readonly camera: string;
  readonly before: Before;
}

/**
 * Signs and reads the earlier states of cameras. The gateway stores them, and they decide what the operator signs at a roll-back.
 * A gateway that an attacker controls cannot invent them, because they need the operator's signature.
 */
export interface Notes {
  sign(noted: Noted): Promise<string>;
  /** Undefined if this operator did not sign it for this camera in this rollout. */
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
      // Only the operator has this key, so the claims have the form that was signed.
      const read = noted as Noted | undefined;
      return read?.rollout === rollout && read.camera === camera ? read : undefined;
    },
  };
}

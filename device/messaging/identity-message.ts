import type { JWK, PrivateKey } from "../../protocol/encoding/tokens.ts";
import { sign } from "../../protocol/encoding/tokens.ts";
import { CONTRACT_VERSION, type Identity, type ProofClaims, TYPES } from "../../protocol/messages/contract.ts";
import type { Inference } from "../inference/inference.ts";
import type { Clock } from "../process/clock.ts";
import { VERSION } from "../process/version.ts";

/** The device's keys: signing and sealing, and former signing keys, the newest first. */
interface IdentityKeys {
  readonly signing: PrivateKey;
  readonly sealing: PrivateKey;
  readonly retired: readonly JWK[];
}

/** The device's public keys, proved by the first of them, with its software and pack. */
export async function identityMessage(
  device: string,
  release: string | undefined,
  { keys, clock }: { readonly keys: IdentityKeys; readonly clock: Clock },
  inference: Pick<Inference, "pack">,
): Promise<Identity> {
  const { id, hash } = inference.pack;
  const open = (jwk: typeof keys.signing.public) => jwk as Identity["signing"];
  const [signing, sealing, retired] = [open(keys.signing.public), open(keys.sealing.public), keys.retired.map(open)];
  const iat = Math.floor(clock.wallMs() / 1000);
  const names = { sealing: sealing.kid, retired: retired.map(({ kid }) => kid) };
  const claims: ProofClaims = { v: CONTRACT_VERSION, iss: device, iat, ...names };
  const proof = await sign(claims, TYPES.identity, keys.signing);
  const named = {
    v: CONTRACT_VERSION,
    device,
    software: VERSION,
    ...(release === undefined ? {} : { release }),
    signing,
    sealing,
    pack: { id, hash },
    proof,
  } as const;
  return retired.length > 0 ? { ...named, retired } : named;
}

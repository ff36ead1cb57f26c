import { randomUUID } from "node:crypto";
import { digest, generatePrivateJwk, type PrivateKey, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims, ReportedClaims } from "../../protocol/messages/command-contract.ts";
import {
  type CancelledClaims,
  type Identity,
  type RefusalClaims,
  type ReportClaims,
  TYPES,
} from "../../protocol/messages/contract.ts";

/** What a device signs, without a device. */
export interface SigningDevice {
  readonly signing: PrivateKey;
  readonly sealing: PrivateKey;
  readonly identity: Identity;
  report(change?: Partial<Record<keyof ReportClaims, unknown>>): Promise<string>;
  refusal(change?: Partial<RefusalClaims>): Promise<string>;
  cancelled(change?: Partial<CancelledClaims>): Promise<string>;
  answer(change?: Partial<Record<keyof AnswerClaims, unknown>>): Promise<string>;
  reported(): Promise<string>;
}

const PACK = { id: "test", hash: "a".repeat(64) };
const IN_FORCE = { active: { ...PACK, from: "release" }, previous: null, ready: [] } as const;

/** A device with fresh keys, whose identity is proved. */
export async function signingDevice(device: string): Promise<SigningDevice> {
  const signing = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
  const sealing = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
  const iat = Math.floor(Date.now() / 1000);
  const envelope = { v: 1, iss: device, iat } as const;
  const publicOf = ({ public: jwk }: PrivateKey) => jwk as Identity["signing"];
  const proof = await sign({ ...envelope, sealing: sealing.public.kid, retired: [] }, TYPES.identity, signing);
  const report = {
    ...envelope,
    jti: "request-1",
    seq: 1,
    prev: null,
    decision: "match",
    threshold: 0.4,
    fmr: 1e-3,
    frames: { looked: 1, used: 1 },
    pack: PACK,
    software: "0",
    started: iat,
    finished: iat,
    clock: { synchronised: true },
  };
  const refusal = { ...envelope, code: "busy", because: "another verification is running", digest: digest("") };
  const cancelled = { ...envelope, digest: digest(""), jti: "cancel-1", request: "request-1" };
  const answer = { ...envelope, digest: digest(""), outcome: "done", config: {}, packs: IN_FORCE };
  const reported: ReportedClaims = { ...envelope, software: "0", config: {}, packs: { ...IN_FORCE, ready: [] } };
  return {
    signing,
    sealing,
    identity: {
      v: 1,
      device,
      software: "0",
      pack: PACK,
      proof,
      signing: publicOf(signing),
      sealing: publicOf(sealing),
    },
    report: (change = {}) => sign({ ...report, rid: randomUUID(), ...change }, TYPES.report, signing),
    refusal: (change = {}) => sign({ ...refusal, ...change }, TYPES.refusal, signing),
    cancelled: (change = {}) => sign({ ...cancelled, ...change }, TYPES.cancelled, signing),
    answer: (change = {}) => sign({ ...answer, ...change }, TYPES.answer, signing),
    reported: () => sign(reported, TYPES.reported, signing),
  };
}

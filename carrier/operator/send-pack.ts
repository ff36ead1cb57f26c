import { type AnswerClaims, COMMAND_LIMITS, type PackClaims } from "../../protocol/messages/command-contract.ts";
import { writeChunk } from "../../protocol/readers/pack-chunk.ts";
import { CarrierError } from "../errors.ts";
import { answerTo, type CommandWay, prepareCommand, publish } from "./commands.ts";

/** A pack to send: its token, the token's claims, and the bytes of its files in the token's order. */
export interface SignedPack {
  readonly token: string;
  readonly claims: PackClaims;
  readonly bytes: Uint8Array;
}

/** Loading and measuring a pack takes seconds on a small board. */
export const ANSWERS_WITHIN_MS = 120_000;
const CHUNK_ANSWERS_WITHIN_MS = 5_000;
/** A camera that does not answer this many consecutive attempts is away. */
const TRIES = 12;
const CHUNKS_AT_ONCE = 4;

/** Offers the pack, again after each silence, and sends what the camera does not have. `onProgress` must not throw. */
export async function sendPack(
  way: CommandWay,
  pack: SignedPack,
  onProgress: (receivedBytes: number, sizeBytes: number) => void,
): Promise<AnswerClaims> {
  await way.identity();
  let most = -1;
  for (let tries = 0; tries < TRIES; tries++) {
    const { token, mark } = await prepareCommand(way, { type: "pack_offer", pack: pack.token });
    const offer = () => publish(way, way.topics.command, token);
    let last = await answerTo(way, mark, CHUNK_ANSWERS_WITHIN_MS, offer).catch(() => undefined);
    while (last?.outcome === "working") {
      const from = last.packs.incoming?.receivedBytes ?? 0;
      // Only progress gives new attempts. Otherwise a broker that drops chunks would be tried without end.
      if (from > most) tries = 0;
      most = Math.max(most, from);
      onProgress(from, pack.bytes.length);
      last = await sendSome(way, pack, from, mark).catch(() => undefined);
    }
    if (last) return last;
  }
  throw new CarrierError("no_answer", `${way.name} stopped answering; send the pack again to continue`);
}

/** Sends a few chunks and waits for the answer to the last one. The answer shows whether a chunk was lost. */
function sendSome(way: CommandWay, { bytes, claims }: SignedPack, from: number, mark: string) {
  const size = COMMAND_LIMITS.chunkBytes.standard;
  const to = Math.min(from + size * CHUNKS_AT_ONCE, bytes.length);
  const within = to === bytes.length ? ANSWERS_WITHIN_MS : CHUNK_ANSWERS_WITHIN_MS;
  const sendChunks = async () => {
    for (let offset = from; offset < to; offset += size) {
      const data = bytes.subarray(offset, Math.min(offset + size, to));
      await publish(way, way.topics.chunk, writeChunk({ hash: claims.hash, offset, data }));
    }
  };
  const isLast = ({ outcome, packs }: AnswerClaims) =>
    outcome !== "working" || (packs.incoming?.receivedBytes ?? 0) >= to;
  return answerTo(way, mark, within, sendChunks, isLast);
}

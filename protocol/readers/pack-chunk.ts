import { COMMAND_LIMITS } from "../messages/command-contract.ts";

/** A piece of a pack. The pack's files are concatenated, and a chunk is a part of these bytes. */
export interface Chunk {
  /** The pack's hash, hexadecimal. */
  readonly hash: string;
  /** The position of the data in the concatenated files. */
  readonly offset: number;
  readonly data: Uint8Array;
}

const HASH_BYTES = 32;
const HEAD_BYTES = HASH_BYTES + 4;

/** 32 bytes of hash, 4 bytes of offset (big-endian), and the data. The pack's token is signed, so a chunk is not. */
export function writeChunk({ hash, offset, data }: Chunk): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(hash, "hex");
  head.writeUInt32BE(offset, HASH_BYTES);
  return Buffer.concat([head, data]);
}

/** Undefined if the bytes are not a chunk. */
export function readChunk(bytes: Uint8Array): Chunk | undefined {
  const length = bytes.length - HEAD_BYTES;
  if (length < 1 || length > COMMAND_LIMITS.chunkBytes.most) return undefined;
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
  return {
    hash: head.toString("hex", 0, HASH_BYTES),
    offset: head.readUInt32BE(HASH_BYTES),
    data: bytes.subarray(HEAD_BYTES),
  };
}

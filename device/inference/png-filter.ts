import { inflateSync } from "node:zlib";
import { DriverError } from "../../drivers/errors.ts";

/** The limits of an image. */
interface PngBounds {
  readonly pixels: number;
  /** The size of its inflated rows. */
  readonly bytes: number;
}

interface Chunk {
  readonly type: string;
  readonly data: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const HEADER_BYTES = 13;
const PALETTE_BYTES = 768;
/** Channels by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Adam7 has about twice as many rows, each with one more byte. */
const INTERLACED = { factor: 2, more: 64 } as const;

/**
 * Returns a PNG that has only an image: IHDR, PLTE, tRNS, one IDAT and IEND. Decoders inflate profiles and texts, too, and
 * take the size from the last IHDR. IDAT inflates to no more than IHDR says. Throws DriverError.
 */
export function filterPng(bytes: Uint8Array, bounds: PngBounds): Uint8Array {
  const chunks = [...readChunks(bytes)];
  const [header] = chunks;
  const headers = chunks.filter(({ type }) => type === "IHDR").length;
  if (header?.type !== "IHDR" || headers !== 1 || header.data.length !== HEADER_BYTES) throw damaged("its header");
  const image = checkedImage(Buffer.concat(dataOf(chunks, "IDAT")), rowBytes(header.data, bounds));
  const tables = ["PLTE", "tRNS"].flatMap((type) => {
    const [data] = dataOf(chunks, type);
    return data && data.length <= PALETTE_BYTES ? [writeChunk({ type, data })] : [];
  });
  const ends = [writeChunk({ type: "IDAT", data: image }), writeChunk({ type: "IEND", data: new Uint8Array(0) })];
  return Buffer.concat([SIGNATURE, writeChunk(header), ...tables, ...ends]);
}

function* readChunks(bytes: Uint8Array): Generator<Chunk> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw damaged("its signature");
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (at + 12 + length > bytes.length) break;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString("latin1");
    yield { type, data: bytes.subarray(at + 8, at + 8 + length) };
    if (type === "IEND") return;
    at += 12 + length;
  }
  throw damaged("its end");
}

const dataOf = (chunks: readonly Chunk[], wanted: string) =>
  chunks.filter(({ type }) => type === wanted).map(({ data }) => data);

/** The size of all rows, each with one byte for its filter. */
function rowBytes(header: Uint8Array, bounds: PngBounds): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height, depth] = [view.getUint32(0), view.getUint32(4), view.getUint8(8)];
  const [channels, isInterlaced] = [CHANNELS[view.getUint8(9)], view.getUint8(12) !== 0];
  if (!channels || depth > 16 || (depth < 8 && channels > 1) || width * height === 0) throw damaged("its header");
  // The decoder reads each of their samples as a byte.
  if (isInterlaced && depth < 8) {
    throw new DriverError("unsupported", `an interlaced PNG of ${depth} bits a pixel; save it without interlacing`);
  }
  if (width * height > bounds.pixels) {
    throw new DriverError("unsupported", `a PNG of ${width}×${height} is more than ${bounds.pixels} pixels`);
  }
  const rows = height * (1 + Math.ceil((width * channels * depth) / 8));
  const most = isInterlaced ? rows * INTERLACED.factor + INTERLACED.more : rows;
  if (most <= bounds.bytes) return most;
  throw new DriverError("unsupported", `a PNG that inflates to ${most} bytes, more than ${bounds.bytes}`);
}

/** The compressed image without trailing bytes. It is inflated once, to check that it is not larger than expected. */
function checkedImage(compressed: Buffer, mostBytes: number): Uint8Array {
  try {
    const { buffer, engine } = inflate(compressed, mostBytes);
    buffer.fill(0);
    return compressed.subarray(0, engine.bytesWritten);
  } catch (cause) {
    throw new DriverError("damaged", "the PNG's image is damaged, or larger than its header says", { cause });
  }
}

/** With `info`, Node also returns the engine. Its types do not know this. */
const inflate = (compressed: Buffer, maxOutputLength: number) =>
  inflateSync(compressed, { maxOutputLength, info: true }) as unknown as {
    readonly buffer: Buffer;
    readonly engine: { readonly bytesWritten: number };
  };

/** The checksum stays zero: the decoder does not check it. */
function writeChunk({ type, data }: Chunk): Buffer {
  const chunk = Buffer.alloc(12 + data.length);
  chunk.writeUInt32BE(data.length);
  chunk.write(type, 4, "latin1");
  chunk.set(data, 8);
  return chunk;
}

const damaged = (what: string) => new DriverError("damaged", `the PNG is damaged: ${what}`);

import { DriverError } from "../errors.ts";

/** The largest JPEG of a stream. Without this bound, a stream without an end marker would fill the memory. */
const JPEG_LIMIT_BYTES = 16_000_000;

/** Cuts a stream of consecutive JPEGs into images. It overwrites what it has cut, so that no face stays in memory. */
interface JpegCutter {
  /**
   * Takes the next bytes of the stream, and returns the JPEGs that they complete. Throws DriverError `damaged` if a
   * JPEG exceeds the limit.
   */
  push(chunk: Uint8Array): readonly Uint8Array[];
  /** Overwrites the incomplete JPEG. */
  clear(): void;
}

export function jpegCutter(limitBytes: number): JpegCutter {
  let held = Buffer.alloc(FIRST_BUFFER_BYTES);
  let used = 0;

  const append = (chunk: Uint8Array) => {
    if (used + chunk.length > held.length) {
      const larger = Buffer.alloc(Math.max(2 * held.length, used + chunk.length));
      larger.set(held.subarray(0, used));
      held.fill(0, 0, used);
      held = larger;
    }
    held.set(chunk, used);
    used += chunk.length;
  };
  const drop = (bytes: number) => {
    held.copyWithin(0, bytes, used);
    held.fill(0, used - bytes, used);
    used -= bytes;
  };
  return {
    push(chunk) {
      append(chunk);
      const jpegs: Uint8Array[] = [];
      for (let jpeg = cutFirst(held.subarray(0, used)); jpeg; jpeg = cutFirst(held.subarray(0, used))) {
        jpegs.push(Uint8Array.from(jpeg.bytes));
        drop(jpeg.end);
      }
      if (used > limitBytes) {
        throw new DriverError("damaged", `a picture of the stream is larger than ${limitBytes} bytes`);
      }
      return jpegs;
    },
    clear() {
      drop(used);
    },
  };
}

const FIRST_BUFFER_BYTES = 1 << 18;

/**
 * Splits a stream of consecutive JPEGs (`.mjpeg`, ffmpeg's image pipe). Throws DriverError `damaged` if a JPEG exceeds
 * 16 MB. An incomplete JPEG at the end is skipped.
 */
export async function* splitJpegs(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const cutter = jpegCutter(JPEG_LIMIT_BYTES);
  for await (const chunk of chunks) yield* cutter.push(chunk);
}

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = 0xd9;
const SOS = 0xda;

/**
 * The first complete JPEG. Between SOI and EOI this walks the segments, so that a thumbnail in a header does not end an
 * image. In entropy-coded data a marker is a byte after 0xFF that is neither a stuffed zero nor a restart.
 */
function cutFirst(buffer: Buffer): { readonly bytes: Buffer; readonly end: number } | undefined {
  const start = buffer.indexOf(SOI);
  if (start < 0) return undefined;
  const end = findEnd(buffer, start + 2);
  return end === undefined ? undefined : { bytes: buffer.subarray(start, end), end };
}

/** The offset after EOI, or undefined if the image is incomplete. */
function findEnd(buffer: Buffer, from: number): number | undefined {
  for (let at = from; at + 4 <= buffer.length || buffer[at + 1] === EOI; ) {
    const marker = buffer[at + 1];
    if (buffer[at] !== 0xff || marker === 0xff) at += 1;
    else if (marker === EOI) return at + 2;
    else {
      const next = at + 2 + buffer.readUInt16BE(at + 2);
      at = marker === SOS ? skipEntropy(buffer, next) : next;
    }
  }
  return undefined;
}

/** The offset of the next marker after entropy-coded data. */
function skipEntropy(buffer: Buffer, from: number): number {
  for (let at = buffer.indexOf(0xff, from); at >= 0; at = buffer.indexOf(0xff, at + 2)) {
    const marker = buffer[at + 1];
    if (marker === undefined) break;
    const stuffed = marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
    if (!stuffed) return at;
  }
  return buffer.length;
}

import { DriverError } from "../errors.ts";

/** The largest JPEG of a stream. Without this bound, a stream without an end marker would fill the memory. */
const JPEG_LIMIT_BYTES = 16_000_000;

/**
 * Splits a stream of consecutive JPEGs (`.mjpeg`, ffmpeg's image pipe). Between SOI and EOI it walks the segments, so
 * that a thumbnail in a header does not end an image. In entropy-coded data a marker is a byte after 0xFF that is
 * neither a stuffed zero nor a restart. Throws DriverError `damaged` if a JPEG exceeds 16 MB. An incomplete JPEG at the
 * end is skipped.
 */
export async function* splitJpegs(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    for (let jpeg = cutFirst(rest); jpeg; jpeg = cutFirst(rest)) {
      yield Uint8Array.from(jpeg.bytes);
      rest = rest.subarray(jpeg.end);
    }
    if (rest.length > JPEG_LIMIT_BYTES) {
      throw new DriverError("damaged", `a picture of the film is larger than ${JPEG_LIMIT_BYTES} bytes`);
    }
  }
}

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = 0xd9;
const SOS = 0xda;

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

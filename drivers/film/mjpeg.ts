import { DriverError } from "../errors.ts";

/** A single JPEG of a stream may not be larger: without a bound a stream without an end marker would fill the memory. */
const JPEG_LIMIT_BYTES = 16_000_000;

/**
 * Cuts a stream of JPEGs that follow each other (`.mjpeg`, ffmpeg's image pipe) into single ones. Between SOI and EOI
 * it walks the segments, so that a thumbnail inside a header does not end a picture; inside the entropy-coded data a
 * marker is what follows 0xFF and is neither a stuffed zero nor a restart. Throws DriverError `damaged` when one JPEG
 * exceeds 16 MB; an unfinished one at the end is left out.
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

/** The place after EOI, or undefined when the picture is not complete yet. */
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

/** The place of the next real marker after entropy-coded data. */
function skipEntropy(buffer: Buffer, from: number): number {
  for (let at = buffer.indexOf(0xff, from); at >= 0; at = buffer.indexOf(0xff, at + 2)) {
    const marker = buffer[at + 1];
    if (marker === undefined) break;
    const stuffed = marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
    if (!stuffed) return at;
  }
  return buffer.length;
}

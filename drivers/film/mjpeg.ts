import { DriverError } from "../errors.ts";

/** The largest JPEG of a stream. Without this bound, a stream without an end marker would fill the memory. */
const JPEG_LIMIT_BYTES = 16_000_000;

/** Cuts a stream of consecutive JPEGs into images. It overwrites what it has cut, so that no face stays in memory. */
interface JpegCutter {
  /**
   * Takes the next bytes of the stream, and returns what they complete. Throws DriverError `damaged` if a JPEG exceeds the
   * limit.
   */
  push(chunk: Uint8Array): Cut;
  /** Overwrites the incomplete JPEG. */
  clear(): void;
}

/** The JPEGs that are complete, and the number of those that ended early. */
export interface Cut {
  readonly jpegs: readonly Uint8Array[];
  readonly damaged: number;
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
      let damaged = 0;
      for (let first = cutFirst(held.subarray(0, used)); first; first = cutFirst(held.subarray(0, used))) {
        if (first.jpeg) jpegs.push(Uint8Array.from(first.jpeg));
        else damaged++;
        drop(first.end);
      }
      if (used > limitBytes) {
        throw new DriverError("damaged", `a picture of the stream is larger than ${limitBytes} bytes`);
      }
      return { jpegs, damaged };
    },
    clear() {
      drop(used);
    },
  };
}

const FIRST_BUFFER_BYTES = 1 << 18;

/**
 * Splits a stream of consecutive JPEGs (`.mjpeg`, ffmpeg's image pipe). Throws DriverError `damaged` if a JPEG exceeds
 * 16 MB. Incomplete JPEGs are skipped.
 */
export async function* splitJpegs(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const cutter = jpegCutter(JPEG_LIMIT_BYTES);
  for await (const chunk of chunks) yield* cutter.push(chunk).jpegs;
}

const SOI = Buffer.from([0xff, 0xd8]);
const EOI = 0xd9;
const SOS = 0xda;
const FILL = 0xff;

/** The first picture of a stream, and the offset after it. `jpeg` is undefined if it ended early. */
interface First {
  readonly jpeg?: Buffer;
  readonly end: number;
}

/**
 * The first picture, or undefined if more bytes are needed. Between SOI and EOI this walks the segments, so that a thumbnail
 * in a header does not end an image. In entropy-coded data a marker is a byte after 0xFF that is neither a stuffed zero nor a
 * restart.
 */
function cutFirst(buffer: Buffer): First | undefined {
  const start = buffer.indexOf(SOI);
  return start < 0 ? undefined : walk(buffer, start);
}

/** Where no segment begins, the picture was cut short: what follows belongs to the next one. */
function walk(buffer: Buffer, start: number): First | undefined {
  for (let at = start + 2; at + 4 <= buffer.length || buffer[at + 1] === EOI; ) {
    const [fill, marker = 0] = [buffer[at], buffer[at + 1]];
    if (fill === FILL && marker === EOI) return { jpeg: buffer.subarray(start, at + 2), end: at + 2 };
    if (fill === FILL && marker === FILL) at += 1;
    else {
      const next = at + 2 + lengthOf(buffer, at);
      if (next < at + 4) return { end: findPicture(buffer, at) };
      at = marker === SOS ? skipEntropy(buffer, next) : next;
    }
  }
  return undefined;
}

/** The length of the segment at an offset; 0 if none begins there. Markers below 0xC0, restarts and SOI have no segment. */
function lengthOf(buffer: Buffer, at: number): number {
  const marker = buffer[at + 1] ?? 0;
  const hasLength = buffer[at] === FILL && marker >= 0xc0 && (marker < 0xd0 || marker >= SOS);
  return hasLength && at + 4 <= buffer.length ? buffer.readUInt16BE(at + 2) : 0;
}

/** The offset of the next picture, or of the bytes that may begin one. */
function findPicture(buffer: Buffer, from: number): number {
  const next = buffer.indexOf(SOI, from);
  if (next >= 0) return next;
  return buffer.at(-1) === FILL ? buffer.length - 1 : buffer.length;
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

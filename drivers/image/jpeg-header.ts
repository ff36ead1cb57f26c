import { DriverError } from "../errors.ts";

/** A marker segment of a JPEG header. `body` follows the length field; of the first scan it is the rest of the file. */
interface JpegSegment {
  readonly marker: number;
  readonly body: Uint8Array;
}

const [SOI, SOS, FILL] = [0xd8, 0xda, 0xff];
/** DQT, DHT, DRI and comments. */
const TABLES = new Set([0xdb, 0xc4, 0xdd, 0xfe]);
const isApplication = (marker: number) => marker >= 0xe0 && marker <= 0xef;
/** Baseline, extended and progressive, with Huffman tables. */
const FRAME_HEADERS = new Set([0xc0, 0xc1, 0xc2]);
const PROGRESSIVE = 0xc2;

/**
 * Yields the segments up to the first scan, which is the last. Throws DriverError `damaged` for what parsers read
 * differently: markers without a length, lengths that are too short, bytes between segments.
 */
export function* jpegSegments(bytes: Uint8Array): Generator<JpegSegment> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes[0] === FILL && bytes[1] === SOI ? 2 : bytes.length; at + 4 <= bytes.length; ) {
    const [fill, marker, length] = [view.getUint8(at), view.getUint8(at + 1), view.getUint16(at + 2)];
    if (fill === FILL && marker === FILL) {
      at += 1;
      continue;
    }
    if (fill !== FILL || !isKnown(marker) || length < 2) break;
    if (marker === SOS) return yield { marker, body: bytes.subarray(at) };
    yield { marker, body: bytes.subarray(at + 4, at + 2 + length) };
    at += 2 + length;
  }
  throw new DriverError("damaged", "this is not a JPEG, or its header is damaged");
}

const isKnown = (marker: number) =>
  marker === SOS || TABLES.has(marker) || FRAME_HEADERS.has(marker) || isApplication(marker);

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for colour, 4 for CMYK. */
  readonly components: number;
  /** At least as many as the decoder finds; counting ends above MOST_SCANS. */
  readonly scans: number;
  /** What the decoder keeps besides the pixels when there are several scans. */
  readonly coefficientBytes: number;
}

/** Encoders make about ten scans. For each of them the decoder walks over the whole image. */
export const MOST_SCANS = 32;

/** Reads the frame header and counts the scans. Throws DriverError `damaged`. */
export function readJpegHeader(bytes: Uint8Array): JpegHeader {
  const segments = [...jpegSegments(bytes)];
  const frames = segments.filter(({ marker }) => FRAME_HEADERS.has(marker));
  const [frame, image] = [frames[0], segments.at(-1)];
  if (frames.length !== 1 || !frame || !image || frame.body.length < 9) {
    throw new DriverError("damaged", "the JPEG does not have exactly one frame header");
  }
  const view = new DataView(frame.body.buffer, frame.body.byteOffset, frame.body.byteLength);
  const [height, width] = [view.getUint16(1), view.getUint16(3)];
  if (width * height === 0) throw new DriverError("damaged", "the JPEG has no size");
  const scans = countScans(image.body);
  const isKept = frame.marker === PROGRESSIVE || scans > 1;
  const coefficientBytes = isKept ? width * height * samplesPerPixel(frame.body) * 2 : 0;
  return { width, height, components: view.getUint8(5), scans, coefficientBytes };
}

/** A decoder cannot find a scan without these two bytes. */
function countScans(image: Uint8Array): number {
  const [mark, data] = [Buffer.from([FILL, SOS]), Buffer.from(image.buffer, image.byteOffset, image.byteLength)];
  let scans = 0;
  for (let at = 0; at !== -1 && scans <= MOST_SCANS; at = data.indexOf(mark, at + 2)) scans++;
  return scans;
}

/** 1 for grey, 3 for colour at full size, 1.5 for 4:2:0. */
function samplesPerPixel(frame: Uint8Array): number {
  const count = frame[5] ?? 0;
  const sizes = Array.from({ length: count }, (_, i) => frame[7 + i * 3] ?? 0).map((size) => (size >> 4) * (size & 15));
  return sizes.reduce((sum, size) => sum + size, 0) / Math.max(1, ...sizes);
}

/** Changes an image's structure: markers and scans of a JPEG, chunks of a PNG. */
export function spoilStructure(image: Buffer, random: () => number): Buffer {
  const isPng = image[0] === 0x89;
  let parts = isPng ? chunksOf(image) : segmentsOf(image);
  for (let times = 1 + Math.floor(random() * 3); times > 0; times--) parts = spoilParts(parts, isPng, random);
  return Buffer.concat(parts);
}

type Parts = readonly Buffer[];

function spoilParts(parts: Parts, isPng: boolean, random: () => number): Parts {
  const at = Math.floor(random() * parts.length);
  const part = parts[at] ?? Buffer.alloc(0);
  const [before, after] = [parts.slice(0, at), parts.slice(at + 1)];
  switch (Math.floor(random() * 6)) {
    case 0:
      return [...before, ...after];
    case 1:
      return [...before, part, part, ...after];
    case 2:
      return [...after, part, ...before];
    case 3:
      return [...before, strangeLength(part, isPng, random), ...after];
    case 4:
      return [...before, strange(isPng, random), part, ...after];
    default:
      return [...before, ...Array.from({ length: 2 + Math.floor(random() * 500) }, () => part), ...after];
  }
}

/** SOI, each segment with its marker, and the image from its first scan on. */
function segmentsOf(jpeg: Buffer): Parts {
  const parts = [jpeg.subarray(0, 2)];
  let at = 2;
  while (jpeg[at + 1] !== 0xda && at + 4 < jpeg.length) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    parts.push(jpeg.subarray(at, end));
    at = end;
  }
  return [...parts, jpeg.subarray(at)];
}

/** The signature, and each chunk. */
function chunksOf(png: Buffer): Parts {
  const parts = [png.subarray(0, 8)];
  for (let at = 8; at + 12 <= png.length; ) {
    const end = at + 12 + png.readUInt32BE(at);
    parts.push(png.subarray(at, end));
    at = end;
  }
  return parts;
}

/** Another length, or other dimensions: two bytes of the beginning change. */
function strangeLength(part: Buffer, isPng: boolean, random: () => number): Buffer {
  const copy = Buffer.from(part);
  const at = Math.floor(random() * (isPng ? 22 : 12));
  if (at + 2 <= copy.length) copy.writeUInt16BE(Math.floor(random() * 65_536), at);
  return copy;
}

const MARKERS = [0x01, 0xc0, 0xc2, 0xc3, 0xc9, 0xcc, 0xd0, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xe1, 0xee, 0xff];
const CHUNKS = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND", "iCCP", "tEXt", "acTL", "fdAT", "prIv"];

/** A marker or a chunk that belongs elsewhere, with bytes that mean nothing. */
function strange(isPng: boolean, random: () => number): Buffer {
  const body = Buffer.from(Array.from({ length: Math.floor(random() * 30) }, () => Math.floor(random() * 256)));
  if (!isPng) return Buffer.concat([Buffer.from([0xff, MARKERS[Math.floor(random() * MARKERS.length)] ?? 0]), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const type = Buffer.from(CHUNKS[Math.floor(random() * CHUNKS.length)] ?? "IDAT", "latin1");
  return Buffer.concat([length, type, body, Buffer.alloc(4)]);
}

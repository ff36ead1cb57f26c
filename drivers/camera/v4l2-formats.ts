import type { GrantedFormat, VideoDescription } from "../addon.ts";
import type { PixelFormat } from "./camera.ts";

/** The wanted format. The camera may choose another size or rate, but not another pixel format. */
export interface FormatWish {
  readonly width: number;
  readonly height: number;
  /** 0 keeps the camera's rate. */
  readonly framesPerSecond: number;
  /** In the order of preference. */
  readonly formats: readonly PixelFormat[];
}

/** Compressed formats first: 1280×720 uncompressed has 10 frames per second on USB 2. */
export const FORMAT_WISH: FormatWish = {
  width: 1280,
  height: 720,
  framesPerSecond: 30,
  formats: ["MJPG", "YUYV", "NV12"],
};

/** The used V4L2_CAP_… bits (linux/videodev2.h). */
const CAP = { capture: 0x1, capturePlanar: 0x1000, metaCapture: 0x800000, streaming: 0x4000000 };

/** The use of a video node. */
type Suitability =
  | { readonly kind: "camera"; readonly formats: readonly PixelFormat[] }
  /** Not a camera: metadata, an output, an encoder. */
  | { readonly kind: "other" }
  | { readonly kind: "unusable"; readonly why: string };

/** Raw sensor data: V4L2's Bayer and grey formats, packed or not ("pBAA", "RGGB", "BG10", "Y10 "). */
const RAW = /^(p?[BGR]{2,4}[A0-9]{0,2}|p[BGR][A-C][A-Z]|BA81|BYR2|Y1[0-6] |GREY)/;

/** Classifies a video node by its description. Pure. */
export function suitabilityOf({ capabilities, formats }: VideoDescription): Suitability {
  const has = (bit: number) => (capabilities & bit) !== 0;
  if (!has(CAP.capture)) {
    if (has(CAP.capturePlanar)) return { kind: "unusable", why: MULTI_PLANAR };
    return { kind: "other" };
  }
  if (has(CAP.metaCapture) || formats.length === 0) return { kind: "other" };
  if (!has(CAP.streaming)) return { kind: "unusable", why: "it cannot stream; use a UVC webcam" };
  const readable = FORMAT_WISH.formats.filter((format) => formats.some(({ fourcc }) => fourcc === format));
  if (readable.length > 0) return { kind: "camera", formats: readable };
  const offered = formats.map(({ fourcc }) => fourcc).join(", ");
  if (formats.every(({ fourcc }) => RAW.test(fourcc))) return { kind: "unusable", why: `${RAW_ONLY} (${offered})` };
  return { kind: "unusable", why: `it gives only ${offered}; use a camera that gives MJPG, YUYV or NV12` };
}

const MULTI_PLANAR =
  "it has only V4L2's multi-planar interface, which image processors and decoders have; use a UVC webcam, or the capture node of its driver that is single-planar";
const RAW_ONLY =
  "it is a CSI camera module that gives raw sensor data, which only libcamera can develop; use MATCHLIGHT_CAMERA=command:rpicam-vid … (deploy/BY-HAND.md), or a UVC webcam";

/** The formats to try, in order. Pure. */
export function attempts(wish: FormatWish, offered: readonly PixelFormat[]): readonly PixelFormat[] {
  return wish.formats.filter((format) => offered.includes(format));
}

/**
 * The reason why the camera's answer cannot be used, or undefined. A driver may change every number of a request. Pure.
 */
export function refusalOf(requested: PixelFormat, granted: GrantedFormat): string | undefined {
  const { fourcc, width, height, strideBytes, imageBytes } = granted;
  if (fourcc !== requested) return `asked for ${requested}, it gives ${fourcc}`;
  if (width < 320 || height < 240) return `it gives only ${width}×${height}; a face needs at least 320×240`;
  if (requested === "MJPG") return imageBytes > 0 ? undefined : "it does not say how large a picture can be";
  const line = requested === "YUYV" ? width * 2 : width;
  const least = requested === "YUYV" ? strideBytes * height : strideBytes * height * 1.5;
  if (strideBytes < line) return `its lines of ${strideBytes} bytes are too short for ${width} pixels`;
  return imageBytes >= least ? undefined : `its pictures of ${imageBytes} bytes are too small for ${width}×${height}`;
}

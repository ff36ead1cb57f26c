import type { Addon, CaptureHandle, GrantedFormat } from "../addon.ts";
import { asDriverError, DriverError } from "../errors.ts";
import type { Camera, PixelFormat } from "./camera.ts";
import { type Stream, startStream } from "./v4l2-capture.ts";
import { setControls } from "./v4l2-controls.ts";
import { findCamera } from "./v4l2-find.ts";
import { attempts, FORMAT_WISH, type FormatWish, refusalOf, suitabilityOf } from "./v4l2-formats.ts";
import { type CameraIdentity, type CameraWish, VIDEO_PLACES, type VideoNode, type VideoPlaces } from "./v4l2-nodes.ts";

export interface V4l2CameraOptions {
  readonly wish: CameraWish;
  readonly format: FormatWish;
  /** Values for controls by the names that v4l2-ctl prints: `power_line_frequency`. */
  readonly controls: Readonly<Record<string, number>>;
  readonly silentAfterMs: number;
}

export const V4L2_DEFAULTS: V4l2CameraOptions = {
  wish: { by: "auto" },
  format: FORMAT_WISH,
  controls: {},
  // Webcams need up to two seconds for their first frame.
  silentAfterMs: 3_000,
};

/**
 * A camera of the Linux kernel. Opening runs a few short ioctls on the calling thread. After the first use, only the
 * same camera is opened again, at any node.
 */
export function v4l2Camera(addon: Addon, options = V4L2_DEFAULTS, places: VideoPlaces = VIDEO_PLACES): Camera {
  let known: CameraIdentity | undefined;
  let open = false;
  const find = () => findCamera(addon, places, options.wish, known);
  return {
    name: describeWish(options.wish),
    async check() {
      find();
    },
    async open(sink) {
      if (open) throw new DriverError("busy", "the camera is already open");
      const found = find();
      const capture = startStream(openStream(addon, found, options), sink, () => {
        open = false;
      });
      open = true;
      known = found.identity;
      return capture;
    },
  };
}

function describeWish(wish: CameraWish): string {
  return `camera ${Object.values(wish).join(" ")}`;
}

/** Opens the node and negotiates a format. Closes it if there is none. */
function openStream(addon: Addon, found: VideoNode, options: V4l2CameraOptions): Stream {
  const { node } = found;
  const handle = attempt(() => addon.openCapture(node));
  try {
    const { format, granted } = negotiate(addon, handle, found, options.format);
    const notes = setControls(addon, found, options.controls);
    const rate = granted.framesPerSecond > 0 ? `, ${Math.round(granted.framesPerSecond)} frames/s` : "";
    const about = [`${node} ${format} ${granted.width}×${granted.height}${rate}`, ...notes].join("; ");
    return { addon, handle, node, format, granted, about, silentAfterMs: options.silentAfterMs };
  } catch (error) {
    addon.closeCapture(handle);
    throw error;
  }
}

interface Agreed {
  readonly format: PixelFormat;
  readonly granted: GrantedFormat;
}

/** Tries format after format: request, read back, compare. A busy camera reports it at the first. */
function negotiate(addon: Addon, handle: CaptureHandle, { node, description }: VideoNode, wish: FormatWish): Agreed {
  const suitability = suitabilityOf(description);
  const refusals: string[] = [];
  for (const format of attempts(wish, suitability.kind === "camera" ? suitability.formats : [])) {
    const granted = attempt(() =>
      addon.setFormat(handle, format, wish.width, wish.height, Math.round(wish.framesPerSecond)),
    );
    const refusal = refusalOf(format, granted);
    if (!refusal) return { format, granted };
    refusals.push(refusal);
  }
  throw new DriverError("unsupported", `no format could be agreed on with ${node}: ${refusals.join("; ")}`, { node });
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asDriverError(error, "the camera");
  }
}

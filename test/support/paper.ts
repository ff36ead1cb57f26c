import type { Image } from "../../models/imaging/image.ts";

/** Where a sheet of paper with a picture on it is: shifts in widths of the picture, angles in radians. */
export interface PaperPose {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
  readonly roll: number;
  readonly yaw: number;
  readonly pitch: number;
}

/** How the paper is bent towards the camera: about an upright or a level axis, with this radius in widths. */
export interface Bend {
  readonly axis: "upright" | "level";
  readonly radius: number;
}

/** Distance of the camera and its focal length, in widths of the picture: what the eye sees of a counter's width. */
const DISTANCE = 1.4;

type Vector = readonly [number, number, number];

/**
 * The paper as a pinhole camera sees it, flat or bent round a cylinder; each ray is brought into the paper's own place
 * and cut with it. Beside the paper its edge goes on, so that no background gives it away.
 */
export function drawPaper(still: Image, pose: PaperPose, bend?: Bend): Image {
  const { width, height } = still;
  const data = new Uint8Array(width * height * 3);
  const axes = axesOf(pose);
  const eye = intoPaper(axes, [-pose.x * DISTANCE, -pose.y * DISTANCE, -DISTANCE / pose.zoom]);
  for (let y = 0, at = 0; y < height; y++) {
    const rayY = (y + 0.5 - height / 2) / width / DISTANCE;
    for (let x = 0; x < width; x++, at += 3) {
      const ray = intoPaper(axes, [(x + 0.5 - width / 2) / width / DISTANCE, rayY, 1]);
      const [u, v] = met(eye, ray, bend);
      blend(still, u * width + width / 2 - 0.5, v * width + height / 2 - 0.5, data, at);
    }
  }
  return { width, height, data };
}

/** The place on the paper that a ray meets. */
function met(eye: Vector, ray: Vector, bend: Bend | undefined): readonly [number, number] {
  if (!bend) return flat(eye, ray);
  if (bend.axis === "upright") return rolled(eye, ray, bend.radius);
  const [v, u] = rolled([eye[1], eye[0], eye[2]], [ray[1], ray[0], ray[2]], bend.radius);
  return [u, v];
}

function flat(eye: Vector, ray: Vector): readonly [number, number] {
  const far = -eye[2] / ray[2];
  return [eye[0] + far * ray[0], eye[1] + far * ray[1]];
}

/** x² + (z − radius)² = radius², whose nearer side is the paper. A ray that passes by it meets its edge. */
function rolled(eye: Vector, ray: Vector, radius: number): readonly [number, number] {
  const [ez, a] = [eye[2] - radius, ray[0] ** 2 + ray[2] ** 2];
  const b = eye[0] * ray[0] + ez * ray[2];
  const root = b * b - a * (eye[0] ** 2 + ez * ez - radius * radius);
  const far = (-b - Math.sqrt(Math.max(0, root))) / a;
  const [x, z] = [eye[0] + far * ray[0], ez + far * ray[2]];
  return [radius * Math.atan2(x, -z), eye[1] + far * ray[1]];
}

type Axes = readonly [Vector, Vector, Vector];

/** The paper's own directions: turned in itself, then up and down, then sideways. */
function axesOf({ roll, yaw, pitch }: PaperPose): Axes {
  const turned = ([x, y, z]: Vector): Vector => {
    const [px, py] = [x * Math.cos(roll) - y * Math.sin(roll), x * Math.sin(roll) + y * Math.cos(roll)];
    const [qy, qz] = [py * Math.cos(pitch) - z * Math.sin(pitch), py * Math.sin(pitch) + z * Math.cos(pitch)];
    return [px * Math.cos(yaw) + qz * Math.sin(yaw), qy, qz * Math.cos(yaw) - px * Math.sin(yaw)];
  };
  return [turned([1, 0, 0]), turned([0, 1, 0]), turned([0, 0, 1])];
}

function intoPaper(axes: Axes, v: Vector): Vector {
  return [dot(axes[0], v), dot(axes[1], v), dot(axes[2], v)];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** One pixel, bilinear; outside the picture its edge goes on. */
function blend({ data, width, height }: Image, x: number, y: number, out: Uint8Array, at: number): void {
  const cx = Math.min(Math.max(x, 0), width - 1.001);
  const cy = Math.min(Math.max(y, 0), height - 1.001);
  const [left, top] = [Math.floor(cx), Math.floor(cy)];
  const [fx, fy] = [cx - left, cy - top];
  const upper = (top * width + left) * 3;
  const lower = upper + width * 3;
  for (let i = 0; i < 3; i++) {
    const above = (1 - fx) * (data[upper + i] as number) + fx * (data[upper + 3 + i] as number);
    const below = (1 - fx) * (data[lower + i] as number) + fx * (data[lower + 3 + i] as number);
    out[at + i] = (1 - fy) * above + fy * below + 0.5;
  }
}

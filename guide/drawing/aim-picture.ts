import type { Aim } from "../../protocol/messages/contract.ts";
import { svg } from "./nodes.ts";

/** Where a face should be: its middle and size as shares of the frame's width and height. */
const TARGET = { x: 0.5, y: 0.47, height: 0.56, widthToHeight: 0.76 } as const;

/** The drawing before the camera's first frame. */
const EMPTY_FRAME = { width: 640, height: 480 } as const;

/**
 * The camera's view, drawn from numbers alone: the oval in which a face should be, and the outline of the one that is
 * there. Sides are changed as in a mirror, because who stands before the camera looks at it.
 */
export function aimPicture(aim: Aim, label: string): SVGElement {
  const { frame = EMPTY_FRAME, face, hint = null } = aim;
  const { width, height } = frame;
  const mirrored = svg("g", { transform: `translate(${width} 0) scale(-1 1)` }, outline(aim));
  const view = svg("rect", { class: "view", x: 0, y: 0, width, height, rx: height / 24 });
  const attributes = {
    viewBox: `0 0 ${width} ${height}`,
    class: hint === null && face ? "aim well" : "aim",
    role: "img",
    "aria-label": label,
  };
  return svg("svg", attributes, [view, target(width, height), mirrored]);
}

function target(width: number, height: number): SVGElement {
  const ry = (TARGET.height * height) / 2;
  return svg("ellipse", {
    class: "oval",
    cx: TARGET.x * width,
    cy: TARGET.y * height,
    rx: ry * TARGET.widthToHeight,
    ry,
  });
}

function outline({ face, points = [], pose }: Aim): readonly SVGElement[] {
  if (!face) return [];
  const [cx, cy] = [face.x + face.width / 2, face.y + face.height / 2];
  const transform = `rotate(${pose?.roll ?? 0} ${cx} ${cy})`;
  const oval = { cx, cy, rx: face.width / 2, ry: face.height / 2, transform };
  const radius = face.width / 24;
  return [
    svg("ellipse", { class: "outline", ...oval }),
    ...points.map(({ x, y }) => svg("circle", { class: "mark", cx: x, cy: y, r: radius })),
  ];
}

import type { Aim } from "../../protocol/messages/contract.ts";

const COLUMNS = 56;
const ROWS = 20;

/** The target of a face: the middle of the frame, and a share of its height. */
const OVAL = { height: 0.55 } as const;

/** Draws the camera's view: the target oval, the outline of the face, and a bar for each measure. Pure. */
export function drawAim(aim: Aim): readonly string[] {
  const { frame = { width: 4, height: 3 }, face, points = [] } = aim;
  const grid = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => " "));
  const put = (x: number, y: number, sign: string) => {
    const row = grid[Math.floor((y / frame.height) * ROWS)];
    const column = Math.floor((x / frame.width) * COLUMNS);
    if (row && column >= 0 && column < COLUMNS) row[column] = sign;
  };
  for (let angle = 0; angle < 2 * Math.PI; angle += 0.05) {
    const [across, down] = [(OVAL.height * frame.height * 0.75) / 2, (OVAL.height * frame.height) / 2];
    put(frame.width / 2 + across * Math.cos(angle), frame.height / 2 + down * Math.sin(angle), "·");
  }
  if (face) outline(face, put);
  for (const { x, y } of points) put(x, y, "o");
  const edge = `+${"-".repeat(COLUMNS)}+`;
  return [edge, ...grid.map((row) => `|${row.join("")}|`), edge, ...bars(aim), words(aim)];
}

function outline({ x, y, width, height }: NonNullable<Aim["face"]>, put: (x: number, y: number, sign: string) => void) {
  for (let share = 0; share <= 1; share += 0.02) {
    put(x + width * share, y, "#");
    put(x + width * share, y + height, "#");
    put(x, y + height * share, "#");
    put(x + width, y + height * share, "#");
  }
}

const BAR = 20;

function bars({ light, sharpness, eyeDistance, pose }: Aim): readonly string[] {
  const bar = (label: string, value: number | undefined, full: number) => {
    const filled = Math.round(Math.min(1, Math.max(0, (value ?? 0) / full)) * BAR);
    return `${label.padEnd(14)} ${"█".repeat(filled)}${"░".repeat(BAR - filled)} ${value ?? "-"}`;
  };
  return [
    bar("light", light?.face, 1),
    bar("light behind", light?.behind, 1),
    bar("sharpness", sharpness, 0.8),
    bar("eyes apart", eyeDistance, 120),
    `yaw ${pose?.yaw ?? "-"}°, pitch ${pose?.pitch ?? "-"}°, roll ${pose?.roll ?? "-"}°`,
  ];
}

function words({ seen, hint, rotation = 0 }: Aim): string {
  const turned = rotation === 0 ? "" : ` (the camera is turned by ${rotation}°)`;
  return `${seen ?? "-"}: ${hint ? hint.replaceAll("_", " ") : "good, leave it like this"}${turned}`;
}

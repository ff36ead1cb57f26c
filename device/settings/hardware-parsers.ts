import { resolve } from "node:path";
import type { PixelFormat } from "../../drivers/camera/camera.ts";
import { V4L2_DEFAULTS, type V4l2CameraOptions } from "../../drivers/camera/v4l2-camera.ts";
import { FORMAT_WISH } from "../../drivers/camera/v4l2-formats.ts";
import type { CameraWish } from "../../drivers/camera/v4l2-nodes.ts";
import type { Command } from "../../drivers/command/command-camera.ts";
import { FILM_DEFAULTS, type FilmCameraOptions } from "../../drivers/film/film-camera.ts";
import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import { type Lamped, STANDARD_WIRING, type Wiring } from "../../drivers/light/wiring.ts";
import { type Read, readNumber, readOneOf } from "./parsers.ts";

/** The value of MATCHLIGHT_CAMERA. */
export type CameraChoice =
  | { readonly kind: "command"; readonly command: Command; readonly rotate: RotateChoice }
  | { readonly kind: "film"; readonly path: string; readonly options: FilmCameraOptions; readonly rotate: RotateChoice }
  | { readonly kind: "v4l2"; readonly options: V4l2CameraOptions; readonly rotate: RotateChoice };

/** The clockwise turn of the frames; with `auto` the device finds it. */
export type RotateChoice = "auto" | QuarterTurn;

/** The value of MATCHLIGHT_LIGHT. `auto` takes the character device, else sysfs, else text. */
export type LightChoice =
  | { readonly kind: "text" }
  | { readonly kind: "auto" | "gpiochip" | "onoff"; readonly wiring: Wiring };

const CAMERA_MUST =
  "be film:<path>?end=loop|still|fail&pace=real|fast&fps=1…120&rotate=auto|0|90|180|270, or v4l2:auto, v4l2:/dev/video0, v4l2:bus:<bus info> or v4l2:serial:<number>, with ?size=1280x720&fps=30&format=MJPG|YUYV|NV12&rotate=auto|0|90|180|270 and controls by name if wanted, or command:<program and arguments, without quotes> that writes MJPEG to its standard output, with ?rotate=… at its end if wanted";

/** `command:<program and arguments>`, `film:<path>` or `v4l2:<which>`, with options after a question mark. */
export const readCamera: Read<CameraChoice> = (text) => {
  if (text.startsWith("command:")) return readCommand(text);
  const [, kind, which = "", query = ""] = /^(film|v4l2):([^?]+)(?:\?(.*))?$/.exec(text) ?? [];
  const asked = new URLSearchParams(query);
  const value = kind === "film" ? readFilm(which, asked) : kind === "v4l2" ? readV4l2(which, asked) : undefined;
  return value ? { value } : { must: CAMERA_MUST };
};

/** Arguments are separated by spaces. There is no shell, so quotes and `$` would have no effect and are refused. */
const readCommand: Read<CameraChoice> = (text) => {
  const [, words = "", query = ""] = /^command:(.*?)(?:\?(rotate=\w+))?$/.exec(text) ?? [];
  const [program, ...others] = words.split(" ").filter((word) => word !== "");
  const rotate = readRotate(new URLSearchParams(query));
  if (!program || rotate === undefined || /["'`$|<>]/.test(words)) return { must: CAMERA_MUST };
  return { value: { kind: "command", command: { program, words: others }, rotate } };
};

const readTurn = readOneOf(["auto", "0", "90", "180", "270"]);

function readRotate(query: URLSearchParams): RotateChoice | undefined {
  const read = readTurn(query.get("rotate") ?? "auto");
  if ("must" in read) return undefined;
  return read.value === "auto" ? "auto" : (Number(read.value) as QuarterTurn);
}

const FPS = readNumber({ least: 1, most: 120, whole: false, unit: "" });

function readFilm(path: string, query: URLSearchParams): CameraChoice | undefined {
  const end = readOneOf(["loop", "still", "fail"])(query.get("end") ?? FILM_DEFAULTS.end);
  const pace = readOneOf(["real", "fast"])(query.get("pace") ?? FILM_DEFAULTS.pace);
  const fps = FPS(query.get("fps") ?? String(FILM_DEFAULTS.framesPerSecond));
  const known = [...query.keys()].every((key) => ["end", "pace", "fps", "rotate"].includes(key));
  const rotate = readRotate(query);
  if (!known || rotate === undefined || "must" in end || "must" in pace || "must" in fps) return undefined;
  const options = { end: end.value, pace: pace.value, framesPerSecond: fps.value };
  return { kind: "film", path: resolve(path), options, rotate };
}

function readV4l2(which: string, query: URLSearchParams): CameraChoice | undefined {
  const wish = readWish(which);
  const size = /^(\d{3,4})x(\d{3,4})$/.exec(query.get("size") ?? `${FORMAT_WISH.width}x${FORMAT_WISH.height}`);
  const fps = FPS(query.get("fps") ?? String(FORMAT_WISH.framesPerSecond));
  const formats = readFormats(query.get("format"));
  const controls = readControls(query);
  const rotate = readRotate(query);
  if (!wish || !size || "must" in fps || !formats || !controls || rotate === undefined) return undefined;
  const format = { width: Number(size[1]), height: Number(size[2]), framesPerSecond: fps.value, formats };
  return { kind: "v4l2", options: { ...V4L2_DEFAULTS, wish, format, controls }, rotate };
}

function readWish(which: string): CameraWish | undefined {
  const [, by, value = ""] = /^(bus|serial):(.+)$/.exec(which) ?? [];
  if (by === "bus") return { by, busInfo: value };
  if (by === "serial") return { by, serial: value };
  if (which === "auto") return { by: "auto" };
  return which.startsWith("/") ? { by: "node", node: which } : undefined;
}

function readFormats(text: string | null): readonly PixelFormat[] | undefined {
  if (text === null) return FORMAT_WISH.formats;
  const read = readOneOf(FORMAT_WISH.formats)(text);
  return "value" in read ? [read.value] : undefined;
}

/** Each other option is a control of the camera: its name in v4l2-ctl and an integer. */
function readControls(query: URLSearchParams): Readonly<Record<string, number>> | undefined {
  const others = [...query].filter(([key]) => !["size", "fps", "format", "rotate"].includes(key));
  const sound = others.every(([key, value]) => /^[a-z][a-z0-9_]*$/.test(key) && /^-?\d{1,9}$/.test(value));
  return sound ? Object.fromEntries(others.map(([key, value]) => [key, Number(value)])) : undefined;
}

const LIGHT_MUST =
  "be text, or auto, gpiochip:<chip> or onoff:<chip>, with ?red=17&green=27&blue=22 (or ?on=17) and &active=low if wanted";

/** `text`, or one to three lamps on a GPIO chip. */
export const readLight: Read<LightChoice> = (text) => {
  if (text === "text") return { value: { kind: "text" } };
  const [, kind, chip, query = ""] = /^(auto|gpiochip|onoff)(?::([^?]+))?(?:\?(.*))?$/.exec(text) ?? [];
  const wiring = readWiring(chip ?? "auto", new URLSearchParams(query));
  if (!kind || !wiring) return { must: LIGHT_MUST };
  return { value: { kind: kind as "auto" | "gpiochip" | "onoff", wiring } };
};

const LAMPS: readonly Lamped["lamp"][] = ["on", "red", "green", "blue"];

function readWiring(chip: string, query: URLSearchParams): Wiring | undefined {
  const known = [...query.keys()].every((key) => key === "active" || LAMPS.some((lamp) => lamp === key));
  const lamps = LAMPS.flatMap((lamp) => query.getAll(lamp).map((line) => ({ lamp, line })));
  const active = query.get("active") ?? "high";
  const sound = lamps.length <= 3 && lamps.every(({ line }) => /^[\w.-]{1,32}$/.test(line));
  const distinct = new Set(lamps.map(({ line }) => line)).size === lamps.length;
  if (!known || !sound || !distinct || !["high", "low"].includes(active)) return undefined;
  return { chip, lamps: lamps.length > 0 ? lamps : STANDARD_WIRING.lamps, activeLow: active === "low" };
}

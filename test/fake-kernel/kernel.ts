import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import type { VideoPlaces } from "../../drivers/camera/v4l2-nodes.ts";
import { findFfmpeg } from "../../drivers/film/ffmpeg.ts";
import { media } from "../support/media.ts";

const run = promisify(execFile);

export type FakeMode = "play" | "stall" | "error" | "empty" | "short" | "gap" | "busy" | "unplug";

/** What the fake kernel has counted when its camera was last closed. */
export interface FakeCounts {
  readonly opened: number;
  readonly closed: number;
  readonly mapped: number;
  readonly unmapped: number;
  readonly queued: number;
  readonly dequeued: number;
}

/** Builds the fake kernel and a film for it in a folder; gives the environment for a process that shall live in it. */
export async function buildFakeKernel(folder: string, framesPerSecond: number): Promise<Record<string, string>> {
  const source = join(PACKAGE_FOLDER, "test", "fake-kernel", "fake_v4l2.c");
  const library = join(folder, "fake_v4l2.so");
  await run("cc", ["-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl", "-lpthread"]);
  const film = join(folder, "film");
  await mkdir(film);
  const pictures = [
    "-ss",
    "2",
    "-t",
    "4",
    "-i",
    media.path("franck.mp4"),
    "-r",
    "12",
    "-q:v",
    "4",
    "-start_number",
    "0",
  ];
  await run(findFfmpeg(), ["-nostdin", "-v", "error", ...pictures, join(film, "%03d.jpg")]);
  return {
    LD_PRELOAD: library,
    FAKE_FOLDER: folder,
    FAKE_V4L2_DEV: join(folder, "dev", "video"),
    FAKE_V4L2_FILM: film,
    FAKE_V4L2_FPS: String(framesPerSecond),
    FAKE_V4L2_CONTROL: join(folder, "control"),
    FAKE_V4L2_COUNTS: join(folder, "counts"),
  };
}

/** The fake kernel from inside a process that lives in it. */
export interface FakeKernel {
  readonly places: VideoPlaces;
  /** The camera behaves so from now on, and is at this node; unplugged, it is at none. */
  set(mode: FakeMode, number?: number): void;
  counts(): FakeCounts;
}

export function enterFakeKernel(): FakeKernel {
  const folder = process.env["FAKE_FOLDER"] ?? "";
  const places = { sysfs: join(folder, "sysfs"), dev: join(folder, "dev") };
  let at = 0;
  return {
    places,
    set(mode, number = at) {
      at = number;
      rmSync(places.sysfs, { recursive: true, force: true });
      mkdirSync(join(places.sysfs, mode === "unplug" ? "" : `video${at}`), { recursive: true });
      writeFileSync(join(folder, "control"), `${mode} ${join(places.dev, `video${at}`)}\n`);
    },
    counts() {
      const [opened = 0, closed = 0, mapped = 0, unmapped = 0, queued = 0, dequeued = 0] = readFileSync(
        join(folder, "counts"),
        "utf8",
      )
        .trim()
        .split(" ")
        .map(Number);
      return { opened, closed, mapped, unmapped, queued, dequeued };
    },
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Addon, loadAddon } from "../../../drivers/addon.ts";
import { controlName } from "../../../drivers/camera/v4l2-controls.ts";
import { GUEST } from "./shop.ts";

export const CAMERA = "/dev/video0";
const OUTPUT = "/dev/video1";

/** The kernel's virtual camera, and what can be done to it from outside. */
export interface Vivid {
  /** Sets one of its controls by name; its fault buttons are controls too. Throws when it has none of this name. */
  set(name: string, value: number): void;
  has(name: string): boolean;
}

export function openVivid(addon: Addon = loadAddon()): Vivid {
  const controls = new Map(addon.describeVideo(CAMERA).controls.map((control) => [controlName(control), control.id]));
  return {
    has: (name) => controls.has(name),
    set(name, value) {
      const id = controls.get(name);
      if (id === undefined) throw new Error(`vivid has no control ${name}; it has ${[...controls.keys()].join(", ")}`);
      addon.setControl(CAMERA, id, value);
    },
  };
}

/**
 * Plays the film on the disk into vivid's output, over and over, and joins the output to the camera. Some of vivid's faults
 * hit the player as well as the camera: it is started again, as a shop goes on when a camera fails.
 */
export async function playFilm(vivid: Vivid): Promise<AsyncDisposable> {
  let player: ChildProcess | undefined;
  let over = false;
  const play = () => {
    if (over) return;
    player = spawn(join(GUEST, "film_player"), ["/dev/vda", OUTPUT], { stdio: "ignore" });
    player.once("exit", () => setTimeout(play, 100));
  };
  play();
  await sleep(500);
  if (player?.exitCode !== null) throw new Error("the film's player ended at once");
  // Linux 6.1 has one switch for all of them; 6.12 joins each input to an output.
  if (vivid.has("loop_video")) vivid.set("loop_video", 1);
  else vivid.set("s_video_000_0_is_connected_to", 2);
  if (vivid.has("osd_text_mode")) vivid.set("osd_text_mode", 2);
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      player?.kill("SIGKILL");
      await sleep(200);
    },
  };
}

import { setTimeout as sleep } from "node:timers/promises";
import { loadAddon } from "../../drivers/addon.ts";
import type { Camera, Frame } from "../../drivers/camera/camera.ts";
import { suitabilityOf } from "../../drivers/camera/v4l2-formats.ts";
import { readNodes, type UnreadableNode, VIDEO_PLACES, type VideoNode } from "../../drivers/camera/v4l2-nodes.ts";
import type { DriverError } from "../../drivers/errors.ts";
import { openCamera } from "../app/hardware.ts";
import { FAULTS, FILM_REFUSED, faultOf } from "../faults.ts";
import type { CameraChoice } from "../settings/hardware-parsers.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** The time in which frames are counted for the frame rate, after the first one. */
const COUNT_FOR_MS = 2_000;
const FIRST_FRAME_WITHIN_MS = 10_000;

/** All video nodes of this machine that are cameras or could be. */
export function listCameras(): readonly Finding[] {
  const nodes = readNodes(loadAddon(), VIDEO_PLACES);
  const described = nodes.flatMap(describeNode);
  if (described.length > 0) return described;
  return [warn("cameras", "this machine has no camera", "Plug a USB (UVC) camera in; it needs no driver of its own.")];
}

function describeNode(node: VideoNode | UnreadableNode): readonly Finding[] {
  const name = `camera ${node.node}`;
  if ("error" in node) return [warn(name, node.error.message, "See the message.")];
  const suitability = suitabilityOf(node.description);
  if (suitability.kind === "other") return [];
  if (suitability.kind === "unusable")
    return [warn(name, `${node.identity.card}: ${suitability.why}`, "See the message.")];
  const { card, busInfo, serial } = node.identity;
  const formats = suitability.formats.map((format) => `${format} ${sizesOf(node, format)}`).join(", ");
  return [ok(name, `${card} at ${busInfo}${serial ? `, serial ${serial}` : ""}: ${formats}`)];
}

function sizesOf({ description }: VideoNode, fourcc: string): string {
  const sizes = description.formats.find((format) => format.fourcc === fourcc)?.sizes ?? [];
  const largest = [...sizes].sort((a, b) => b.width * b.height - a.width * a.height)[0];
  return largest ? `up to ${largest.width}×${largest.height}` : "";
}

/** Opens the configured camera for two seconds and counts. */
export async function tryCamera(choice: CameraChoice): Promise<Finding> {
  try {
    return await measure(openCamera(choice));
  } catch (error) {
    const { remedy } = choice.kind === "film" ? FILM_REFUSED : FAULTS[faultOf(error)];
    return fail("camera in use", (error as Error).message, remedy);
  }
}

async function measure(camera: Camera): Promise<Finding> {
  let failure: DriverError | undefined;
  const times: number[] = [];
  await using capture = await camera.open({
    frame(frame: Frame) {
      times.push(frame.takenAtMs);
      frame.giveBack();
    },
    failed(error) {
      failure = error;
    },
  });
  for (let waited = 0; times.length === 0 && !failure && waited < FIRST_FRAME_WITHIN_MS; waited += 50) await sleep(50);
  await sleep(failure ? 0 : COUNT_FOR_MS);
  if (failure) throw failure;
  const { lost, damaged } = capture.counts();
  const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  const rate = times.length > 1 ? ((times.length - 1) * 1000) / spanMs : 0;
  const found = `${capture.about}: measured ${rate.toFixed(1)} frames/s, ${lost} lost, ${damaged} damaged`;
  if (rate < 5)
    return warn("camera in use", found, "Use another USB port or a brighter place; 10 frames a second are wanted.");
  if (damaged > 0) return warn("camera in use", found, "Use another cable or USB port.");
  return ok("camera in use", found);
}

import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Addon, VideoDescription } from "../addon.ts";
import { asDriverError, type DriverError } from "../errors.ts";

/** The configured camera: any, a node, a plug, or a serial number. */
export type CameraWish =
  | { readonly by: "auto" }
  | { readonly by: "node"; readonly node: string }
  | { readonly by: "bus"; readonly busInfo: string }
  | { readonly by: "serial"; readonly serial: string };

/** The identity of a camera, independent of its node. The serial number is empty if it has none. */
export interface CameraIdentity {
  readonly card: string;
  readonly busInfo: string;
  readonly serial: string;
}

/** A video node: a camera, or the reason why it cannot be used. */
export interface VideoNode {
  readonly node: string;
  readonly identity: CameraIdentity;
  readonly description: VideoDescription;
}

/** A node that could not be opened. */
export interface UnreadableNode {
  readonly node: string;
  readonly error: DriverError;
}

/** Where the kernel lists video nodes. Tests use their own folder. */
export interface VideoPlaces {
  readonly sysfs: string;
  readonly dev: string;
}

export const VIDEO_PLACES: VideoPlaces = { sysfs: "/sys/class/video4linux", dev: "/dev" };

/** The names of all video nodes, in the order of their numbers. */
export function listNodes({ sysfs, dev }: VideoPlaces): readonly string[] {
  if (!existsSync(sysfs)) return [];
  const numbers = readdirSync(sysfs).flatMap((name) => /^video(\d+)$/.exec(name)?.[1] ?? []);
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => join(dev, `video${number}`));
}

/** Describes all nodes. */
export function readNodes(addon: Addon, places: VideoPlaces): readonly (VideoNode | UnreadableNode)[] {
  return listNodes(places).map((node) => readNode(addon, places, node));
}

function readNode(addon: Addon, { sysfs }: VideoPlaces, node: string): VideoNode | UnreadableNode {
  try {
    const description = addon.describeVideo(node);
    const { card, busInfo } = description;
    return { node, description, identity: { card, busInfo, serial: readSerial(sysfs, node) } };
  } catch (error) {
    return { node, error: asDriverError(error, "the camera") };
  }
}

/** The serial number of a USB device is in the folder above the interface of the video node. */
function readSerial(sysfs: string, node: string): string {
  try {
    const device = realpathSync(join(sysfs, node.split("/").at(-1) ?? "", "device"));
    return readFileSync(join(dirname(device), "serial"), "latin1").trim();
  } catch {
    // Most cameras have no serial number. Cameras that are not on USB do not have the folder.
    return "";
  }
}

/** Whether a node is the configured one. Pure. */
export function isWished({ node, identity }: VideoNode, wish: CameraWish): boolean {
  switch (wish.by) {
    case "auto":
      return true;
    case "node":
      return node === wish.node;
    case "bus":
      return identity.busInfo === wish.busInfo;
    case "serial":
      return identity.serial === wish.serial;
  }
}

/** Whether it is the same camera: same model and serial number or, without a serial number, the same plug. Pure. */
export function isSame(known: CameraIdentity, found: CameraIdentity): boolean {
  if (known.card !== found.card || known.serial !== found.serial) return false;
  return known.serial !== "" || known.busInfo === found.busInfo;
}

import type { Addon } from "../addon.ts";
import { DriverError } from "../errors.ts";
import { suitabilityOf } from "./v4l2-formats.ts";
import {
  type CameraIdentity,
  type CameraWish,
  isSame,
  isWished,
  readNodes,
  type UnreadableNode,
  type VideoNode,
  type VideoPlaces,
} from "./v4l2-nodes.ts";

/**
 * Finds the configured camera among the present nodes. After the first use (`known`), only the same camera matches, at
 * any node. Throws DriverError: `gone`, `unsupported` (with a remedy), or why the node cannot be read.
 */
export function findCamera(
  addon: Addon,
  places: VideoPlaces,
  wish: CameraWish,
  known: CameraIdentity | undefined,
): VideoNode {
  return choose(readNodes(addon, places), wish, known);
}

/** Chooses among the nodes. Pure. */
export function choose(
  nodes: readonly (VideoNode | UnreadableNode)[],
  wish: CameraWish,
  known: CameraIdentity | undefined,
): VideoNode {
  const readable = nodes.filter((node) => "description" in node);
  const meant = readable.filter((node) => (known ? isSame(known, node.identity) : isWished(node, wish)));
  const usable = meant.find(({ description }) => suitabilityOf(description).kind === "camera");
  if (usable) return usable;
  throw whyNot(nodes, meant, wish, known);
}

function whyNot(
  nodes: readonly (VideoNode | UnreadableNode)[],
  meant: readonly VideoNode[],
  wish: CameraWish,
  known: CameraIdentity | undefined,
): DriverError {
  for (const { node, identity, description } of meant) {
    const suitability = suitabilityOf(description);
    if (suitability.kind !== "unusable") continue;
    return new DriverError("unsupported", `${identity.card} at ${node} cannot be used: ${suitability.why}`, { node });
  }
  const refused = nodes.find((node) => "error" in node && (wish.by !== "node" || node.node === wish.node));
  if (refused && "error" in refused && refused.error.code !== "gone") return refused.error;
  if (!known)
    return new DriverError("gone", `no camera was found (${describeWish(wish)}): plug one in, or correct the setting`);
  const others = nodes.flatMap((node) => ("identity" in node ? [node.identity.card] : []));
  const beside = others.length > 0 ? `; to use ${others[0]} instead, restart the device` : "";
  return new DriverError("gone", `the camera ${known.card} is not plugged in any more: plug it in again${beside}`);
}

function describeWish(wish: CameraWish): string {
  switch (wish.by) {
    case "auto":
      return "any camera would do";
    case "node":
      return `wanted at ${wish.node}`;
    case "bus":
      return `wanted at ${wish.busInfo}`;
    case "serial":
      return `wanted with serial number ${wish.serial}`;
  }
}

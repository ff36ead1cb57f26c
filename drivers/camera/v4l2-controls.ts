import type { Addon, VideoControl } from "../addon.ts";
import { asDriverError } from "../errors.ts";
import type { VideoNode } from "./v4l2-nodes.ts";

/** A control's name as v4l2-ctl prints it: "Power Line Frequency" is power_line_frequency. Pure. */
export function controlName({ name }: VideoControl): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "");
}

/** Sets controls by name. A control that the camera does not have or refuses is reported, not an error. */
export function setControls(
  addon: Addon,
  { node, description }: VideoNode,
  wished: Readonly<Record<string, number>>,
): readonly string[] {
  return Object.entries(wished).flatMap(([name, value]) => {
    const control = description.controls.find((one) => controlName(one) === name);
    if (!control) return [`it has no control ${name}`];
    try {
      addon.setControl(node, control.id, value);
      return [];
    } catch (error) {
      return [`${name}=${value} was refused (${asDriverError(error, "the camera").errno ?? "unknown"})`];
    }
  });
}

import type { Hint } from "../../protocol/messages/contract.ts";

/**
 * What the first two seconds of labelled films show, seen by eye: a hint that says so is right in every condition. The
 * others show a person who could be verified.
 */
export const FILM_FAULTS: Readonly<Record<string, readonly Hint[]>> = {
  // Against a window, in its own shadow; looks aside.
  "live/apfol_real2.webm": ["too_bright_behind", "look_at_the_camera"],
  // The head lies on the shoulder, and turns; the chin is below the lower edge for half a second.
  "live/bilal_1.webm": ["hold_head_straight", "look_at_the_camera", "move_to_the_middle"],
  // At the right edge, with the chin on the lower one.
  "live/bilal_3.mp4": ["move_to_the_middle"],
  // The face is as high as the picture.
  "live/evm_face.mp4": ["move_back"],
  "clips/d3.mp4": ["move_back"],
  // As high as the picture, and smeared by the telephone's motion.
  "live/tran_real.mp4": ["move_back", "hold_still"],
  // Looks aside all the time: the program that filmed it asks for that.
  "live/ivanica_report.avi": ["look_at_the_camera"],
};

/** Nobody's face is whole in these. */
export const LEFT_OUT: ReadonlySet<string> = new Set(["clips/s20.mp4", "live/wild10_myvideo.mp4"]);

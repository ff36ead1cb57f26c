import type { Hint } from "../../protocol/messages/contract.ts";
import { svg } from "./nodes.ts";
import { arrow, bow, box, bust, camera, circle, face, lamp, path, type Shape, sun, VIEW } from "./shapes.ts";

/** Pictograms of states that are not hints. */
export type Sign = "idle" | "consent" | "waiting" | "looking" | "good" | "done" | "staff" | "declined" | "lost";

/** A head that turns, with an arrow to the person's own side. */
function turned(side: -1 | 1): readonly Shape[] {
  const x = (dx: number) => 48 + side * dx;
  return [...face(48, 60, 56, { turn: side * 4.5 }), bow("accent", [x(-26), 20], [x(18), -2], [x(36), 30], 13)];
}

const DRAWINGS: Readonly<Record<Hint | Sign, readonly Shape[]> & Record<string, readonly Shape[]>> = {
  step_in_front: [VIEW, ...bust("ghost", 48, 30, 40), arrow("accent", 48, 2, 48, 24, 8)],
  one_person_only: [
    ...bust("ghost", 16, 40, 30),
    ...bust("ghost", 80, 40, 30),
    ...bust("ink", 48, 22, 48),
    path("accent", "M38 84l7 7 13-15"),
  ],
  come_closer: [
    VIEW,
    ...face(48, 48, 26),
    arrow("accent", 34, 34, 22, 22),
    arrow("accent", 62, 34, 74, 22),
    arrow("accent", 34, 62, 22, 74),
    arrow("accent", 62, 62, 74, 74),
  ],
  move_back: [
    ...face(48, 48, 60),
    arrow("accent", 8, 8, 21, 21),
    arrow("accent", 88, 8, 75, 21),
    arrow("accent", 8, 88, 21, 75),
    arrow("accent", 88, 88, 75, 75),
  ],
  move_to_the_middle: [VIEW, ...face(24, 50, 36), arrow("accent", 46, 50, 68, 50, 9)],
  look_at_the_camera: [...camera(48, 17), ...face(48, 70, 42), path("accent", "M40 38v4M48 36v6M56 38v4")],
  hold_still: [VIEW, ...face(48, 44, 44), path("accent", "M40 74v14M56 74v14")],
  hold_head_straight: [
    path("ghost", "M48 8v80"),
    ...face(48, 56, 52, { tilt: 16 }),
    bow("accent", [78, 24], [70, 12], [54, 12]),
  ],
  move_a_little: [
    ...face(48, 48, 46),
    path("accent", "M20 34q-7 14 0 28M76 34q7 14 0 28M10 28q-10 20 0 40M86 28q10 20 0 40"),
  ],
  more_light: [...lamp(42, 38), path("accent", "M74 56v24M62 68h24")],
  less_light: [...lamp(42, 38), path("accent", "M62 68h24")],
  face_the_light: [...sun("accent", 20, 22, 9), ...face(62, 56, 46), arrow("accent", 36, 36, 44, 43, 6)],
  too_bright_behind: [...sun("accent", 62, 32, 20), ...bust("ink", 40, 34, 50)],
  uncover_face: [
    ...face(48, 42, 56),
    path("paper", "M31 46q17-8 34 0v12q-17 16-34 0z"),
    path("ghost", "M31 46q17-8 34 0v12q-17 16-34 0z"),
    arrow("accent", 48, 56, 48, 88, 9),
  ],
  turn_left: turned(-1),
  turn_right: turned(1),
  idle: [...camera(48, 40), path("ink", "M48 52v12M34 70h28")],
  consent: [
    ...face(26, 44, 40),
    box("soft", 52, 28, 38, 28, 5),
    box("ink", 52, 28, 38, 28, 5),
    circle("ink", 62, 39, 4),
    path("ink", "M56 50q6-8 12 0M74 37h9M74 45h9"),
    path("accent", "M30 78h36M38 71l-8 7 8 7M58 71l8 7-8 7"),
  ],
  waiting: [VIEW, circle("spot", 32, 48, 4.5), circle("spot", 48, 48, 4.5), circle("spot", 64, 48, 4.5)],
  looking: [VIEW, ...face(48, 48, 46)],
  good: [VIEW, ...face(48, 46, 46), path("accent", "M60 76l8 8 16-18")],
  done: [circle("soft", 48, 48, 36), circle("ink", 48, 48, 36), path("accent", "M31 49l12 12 23-25")],
  staff: [...bust("ink", 28, 24, 38), ...bust("ink", 68, 24, 38), path("accent", "M6 66h84M14 66v18M82 66v18")],
  declined: [
    ...bust("ink", 30, 26, 46),
    path("accent", "M58 70h14a10 10 0 0 0 10-10V34"),
    path("accent", "M73 42l9-9 9 9"),
  ],
  lost: [
    path("ink", "M16 42a46 46 0 0 1 64 0M28 55a29 29 0 0 1 40 0"),
    circle("dot", 48, 70, 4.5),
    path("accent", "M18 20L78 80"),
  ],
};

/** Whether a code has a pictogram. */
export function isDrawn(code: string): code is Hint | Sign {
  return Object.hasOwn(DRAWINGS, code);
}

/** The pictogram of a hint or a state. Screen readers skip it, because words beside it say the same. */
export function pictogram(name: Hint | Sign): SVGElement {
  const shapes = DRAWINGS[name].map(({ draw, tag, at }) => svg(tag, { class: draw, ...at }));
  return svg("svg", { viewBox: "0 0 96 96", class: `pictogram ${name}`, "aria-hidden": "true" }, shapes);
}

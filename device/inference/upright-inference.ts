import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import { hasUprightFace } from "../../models/pipeline/observation.ts";
import { type Rotation, settleRotation } from "../session/rotation.ts";
import type { RotateChoice } from "../settings/hardware-parsers.ts";
import type { Inference } from "./inference.ts";

export interface UprightParts {
  readonly choice: RotateChoice;
  /** The turn that was found before, by an earlier process. */
  readonly known: QuarterTurn;
  /** Another turn was found. */
  readonly turned: (degrees: QuarterTurn) => void;
}

/** An inference whose frames stand upright, however the camera is mounted. */
export interface UprightInference extends Inference {
  degrees(): QuarterTurn;
}

export function openUprightInference(inference: Inference, { choice, known, turned }: UprightParts): UprightInference {
  let rotation: Rotation = { degrees: choice === "auto" ? known : choice };
  const search = choice === "auto";
  return {
    get pack() {
      return inference.pack;
    },
    degrees: () => rotation.degrees,
    enrol: (photo) => inference.enrol(photo),
    async look(frame, onlyLife) {
      const before = rotation.degrees;
      const seen = await inference.look(frame, onlyLife, { degrees: before, search });
      if (!search || seen.kind === "damaged") return seen;
      rotation = settleRotation(rotation, { upright: hasUprightFace(seen), uprightAt: seen.uprightAt });
      if (rotation.degrees !== before) turned(rotation.degrees);
      return seen;
    },
    forget: () => inference.forget(),
    [Symbol.asyncDispose]: () => inference[Symbol.asyncDispose](),
  };
}

import { QUARTER_TURNS, type QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import { hasUprightFace } from "../../models/pipeline/observation.ts";
import type { Log } from "../process/log.ts";
import { type Rotation, settleRotation } from "../session/rotation.ts";
import type { RotateChoice } from "../settings/hardware-parsers.ts";
import type { Store } from "../storage/store.ts";
import type { Inference } from "./inference.ts";

interface UprightParts {
  readonly choice: RotateChoice;
  /** The turn that an earlier process found. */
  readonly known: QuarterTurn;
  /** Called when another turn is found. */
  readonly turned: (degrees: QuarterTurn) => void;
}

/** An inference that turns frames upright for every mounting of the camera. */
export interface UprightInference extends Inference {
  degrees(): QuarterTurn;
}

export function openUprightInference(inference: Inference, { choice, known, turned }: UprightParts): UprightInference {
  let rotation: Rotation = { degrees: choice === "auto" ? known : choice };
  const search = choice === "auto";
  const settle = (upright: boolean, uprightAt: QuarterTurn | undefined) => {
    if (!search) return;
    const before = rotation.degrees;
    rotation = settleRotation(rotation, { upright, uprightAt });
    if (rotation.degrees !== before) turned(rotation.degrees);
  };
  return {
    get pack() {
      return inference.pack;
    },
    degrees: () => rotation.degrees,
    enrol: (photo) => inference.enrol(photo),
    async look(frame, wanted) {
      const seen = await inference.look(frame, wanted, { degrees: rotation.degrees, search });
      if (seen.kind !== "damaged") settle(hasUprightFace(seen), seen.uprightAt);
      return seen;
    },
    async sight(frame) {
      const seen = await inference.sight(frame, { degrees: rotation.degrees, search });
      if (seen.kind === "seen") settle(hasUprightFace(seen.observation), seen.uprightAt);
      return seen;
    },
    forget: () => inference.forget(),
    [Symbol.asyncDispose]: () => inference[Symbol.asyncDispose](),
  };
}

const TURN = "camera_turn";

/** Keeps the turn in the store, so that the device does not search for it at each start. */
export function rememberedTurn(
  store: Pick<Store, "get" | "write">,
  log: Log,
  failed: (error: unknown) => void,
): Omit<UprightParts, "choice"> {
  return {
    known: QUARTER_TURNS.find((turn) => turn === store.get(TURN)) ?? 0,
    turned(degrees) {
      log.info({ event: "camera_turned", degrees });
      store.write([{ type: "put", key: TURN, value: degrees }]).catch(failed);
    },
  };
}

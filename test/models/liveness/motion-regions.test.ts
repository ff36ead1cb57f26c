import t from "tap";
import { INNER } from "../../../models/liveness/face-patch.ts";
import { LIFE_SIGN_AT_LEAST } from "../../../models/liveness/motion-liveness.ts";
import { changesOf } from "../../../models/liveness/motion-regions.ts";

const DEVIATION = 40;
const LIPS = 1.2;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const LEFT_EYE = { left: 6, top: 9, right: 14, bottom: 15 };
const RIGHT_EYE = { left: 24, top: 9, right: 32, bottom: 15 };
const UNDER = { left: 4, top: 18, right: 34, bottom: 20 };
const BROWS = { left: 4, top: 2, right: 34, bottom: 6 };
const MOUTH = { left: 12, top: 29, right: 27, bottom: 36 };

/** What remains of a face in which these boxes have changed by so many deviations, and nothing else. */
function changed(...boxes: readonly (readonly [Box, number])[]): Float32Array {
  const residual = new Float32Array(INNER.width * INNER.height);
  for (const [{ left, top, right, bottom }, deviations] of boxes) {
    for (let y = top; y < bottom; y++) {
      residual.fill(deviations * DEVIATION, y * INNER.width + left, y * INNER.width + right);
    }
  }
  return residual;
}

const eyes = (residual: Float32Array, lips = LIPS) => changesOf(residual, DEVIATION, lips)?.eyes;
const mouth = (residual: Float32Array, lips = LIPS) => changesOf(residual, DEVIATION, lips)?.mouth;

t.test("eyes and mouth are told apart", async (t) => {
  t.same(changesOf(changed(), DEVIATION, LIPS), { eyes: 0, mouth: 0, rest: 0 });
  const blink = changed([LEFT_EYE, 0.4], [RIGHT_EYE, 0.3], [UNDER, 0.1]);
  t.ok((eyes(blink) ?? 0) > LIFE_SIGN_AT_LEAST);
  t.equal(mouth(blink), 0);
  t.ok((mouth(changed([MOUTH, 0.4])) ?? 0) > LIFE_SIGN_AT_LEAST);
  t.equal(eyes(changed([MOUTH, 0.4])), 0);
});

t.test("eyes whose brows change more, or whose skin stays as it was, are none: something lies over them", async (t) => {
  t.equal(eyes(changed([LEFT_EYE, 0.4], [RIGHT_EYE, 0.3])), 0);
  t.equal(eyes(changed([LEFT_EYE, 0.2], [RIGHT_EYE, 0.2], [UNDER, 0.1], [BROWS, 0.5])), 0);
});

t.test("one eye alone is none: a fingertip can lie over one", async (t) => {
  t.equal(eyes(changed([LEFT_EYE, 0.4], [UNDER, 0.1])), 0);
  t.ok((eyes(changed([RIGHT_EYE, 0.4], [LEFT_EYE, 0.05], [UNDER, 0.1])) ?? 1) < LIFE_SIGN_AT_LEAST);
});

t.test("a mouth that does not move as one is none: a finger can lie over it", async (t) => {
  t.equal(mouth(changed([MOUTH, 0.4]), 0.5), 0, "no lips are seen");
  t.equal(mouth(changed([{ ...MOUTH, left: 16, right: 23 }, 0.6])), 0, "its corners have not moved");
  t.equal(mouth(changed([MOUTH, 0.4], [{ ...MOUTH, top: 36, bottom: INNER.height }, 0.8])), 0, "it comes from below");
});

t.test("nothing can be told while something lies over the skin between", async (t) => {
  const pen = { left: 0, top: 11, right: 38, bottom: 13 };
  t.equal(eyes(changed([pen, 1.5])), undefined);
  const fromTheSide = { left: 0, top: 20, right: 14, bottom: 24 };
  t.equal(eyes(changed([fromTheSide, 1.5], [LEFT_EYE, 1.5], [RIGHT_EYE, 1])), undefined);
});

t.test("what the whole face has, too, is noise", async (t) => {
  const everywhere = { left: 0, top: 0, right: INNER.width, bottom: INNER.height };
  t.equal(eyes(changed([everywhere, 0.3])), 0);
  t.ok(Math.abs((changesOf(changed([everywhere, 0.3]), DEVIATION, LIPS)?.rest ?? 0) - 0.445) < 0.01, "and is told");
});

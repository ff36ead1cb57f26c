import { embed, similarity, type Template } from "./embedder.ts";
import { type Examined, examine, findCustomer } from "./examine.ts";
import { watchFace } from "./face-watch.ts";
import { boxAround } from "./follow.ts";
import type { Landmarks } from "./landmarks.ts";
import { LIFE_SIGN_AT_LEAST } from "./life-signs.ts";
import { measureLiveness } from "./liveness.ts";
import type { Networks } from "./networks.ts";
import { breaksRun, type Observation, PROBES_KEPT, SAME_PERSON } from "./observation.ts";
import type { Picture } from "./picture.ts";
import { findDefects, LIVE_PROFILE } from "./profile.ts";
import { isDark } from "./quality.ts";

/** Looks at the one customer before a camera, picture after picture. Disposing it overwrites all that it remembers. */
export interface Watch extends Disposable {
  /**
   * Looks at the next picture and compares the customer with the reference. With `onlyLife` a face that shows no sign of
   * life is `unchanged` and not compared: where nothing else is waited for, most of the cost is saved. One call at a time.
   */
  observe(picture: Picture, onlyLife?: boolean): Promise<Observation>;
}

/** The detector looks at the whole picture at least every so many pictures: somebody else may have come. */
const FOLLOWED_AT_MOST = 5;

/** The margins around a picture with which faces are looked for, in turn. */
export const LIVE_MARGINS = [0, 0.5];

/**
 * Begins to look at one person, to be compared with `reference`, which stays the caller's. A liveness below `attackBelow`
 * looks like an attack: what comes after may be somebody else.
 */
export function watchPerson(networks: Networks, reference: Template, attackBelow: number): Watch {
  const { life, occlusion, forget } = watchFace();
  const probes: Template[] = [];
  let last: Landmarks | undefined;
  let followed = 0;

  const remember = (probe: Template) => {
    probes.unshift(probe);
    for (const old of probes.splice(PROBES_KEPT)) old.fill(0);
  };
  const score = async (picture: Picture, examined: Examined, probe: Template): Promise<Observation> => {
    const { aligned, landmarks } = examined;
    const mouthOcclusion = await occlusion.look(networks.embedder, aligned, probe);
    const quality = { ...examined.quality, mouthOcclusion };
    const defects = findDefects(quality, LIVE_PROFILE);
    if (defects.length > 0) return { kind: "poor_quality", quality, defects };
    const scores = {
      liveness: await measureLiveness(networks.liveness, picture, { box: boxAround(landmarks), score: 1 }),
      similarity: similarity(reference, probe),
      agreement: probes.map((earlier) => similarity(earlier, probe)),
      lifeSign: life.look(aligned, landmarks, probe, picture),
    };
    remember(Float32Array.from(probe));
    last = landmarks;
    return { kind: "scored", quality, ...scores };
  };
  const compare = async (picture: Picture, examined: Examined, alikeAtLeast: number) => {
    const probe = await embed(networks.embedder, examined.aligned);
    const alike = probes[0] ? similarity(probes[0], probe) : -1;
    try {
      if (alike < alikeAtLeast) return undefined;
      if (probes.length > 0 && alike < SAME_PERSON) forget();
      return await score(picture, examined, probe);
    } finally {
      probe.fill(0);
    }
  };
  const unchanged = ({ aligned, landmarks, quality }: Examined, within: Picture): Observation | undefined => {
    if ((life.look(aligned, landmarks, undefined, within) ?? 0) >= LIFE_SIGN_AT_LEAST) return undefined;
    last = landmarks;
    return { kind: "unchanged", quality };
  };
  const follow = async (picture: Picture, onlyLife: boolean): Promise<Observation | undefined> => {
    if (!last || followed >= FOLLOWED_AT_MOST) return undefined;
    followed += 1;
    const examined = await examine(networks, picture, { box: boxAround(last), score: 1 }, LIVE_PROFILE);
    if (examined.defects.length > 0) return undefined;
    return (onlyLife ? unchanged(examined, picture) : undefined) ?? compare(picture, examined, SAME_PERSON);
  };
  const search = async (picture: Picture, onlyLife: boolean): Promise<Observation> => {
    [last, followed] = [undefined, 0];
    const presence = await findCustomer(networks, picture, LIVE_MARGINS);
    if (presence.kind === "nobody") return { kind: isDark(picture) ? "too_dark" : "no_face" };
    if (presence.kind === "several") return { kind: "two_faces" };
    const examined = await examine(networks, picture, presence.face, LIVE_PROFILE);
    const { quality, defects } = examined;
    if (defects.length > 0) return { kind: "poor_quality", quality, defects };
    const still = onlyLife ? unchanged(examined, picture) : undefined;
    return still ?? (await compare(picture, examined, -1)) ?? { kind: "no_face" };
  };
  return {
    async observe(picture, onlyLife = false) {
      const seen = (await follow(picture, onlyLife)) ?? (await search(picture, onlyLife));
      if (breaksRun(seen, attackBelow)) forget();
      return seen;
    },
    [Symbol.dispose]() {
      for (const probe of probes.splice(0)) probe.fill(0);
      forget();
      networks.wipe();
    },
  };
}

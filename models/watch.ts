import { embed, similarity, type Template } from "./embedder.ts";
import { type Examined, examine, findCustomer } from "./examine.ts";
import { boxAround } from "./follow.ts";
import type { Landmarks } from "./landmarks.ts";
import { watchForLife } from "./life-signs.ts";
import { measureLiveness } from "./liveness.ts";
import type { Networks } from "./networks.ts";
import { type Observation, PROBES_KEPT, SAME_PERSON, type Scored } from "./observation.ts";
import type { Picture } from "./picture.ts";
import { LIVE_PROFILE } from "./profile.ts";
import { isDark } from "./quality.ts";

/** Looks at the one customer before a camera, picture after picture. Disposing it overwrites all that it remembers. */
export interface Watch extends Disposable {
  /** Looks at the next picture and compares the customer with the reference. One call at a time. */
  observe(picture: Picture): Promise<Observation>;
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
  const probes: Template[] = [];
  const life = watchForLife();
  let last: Landmarks | undefined;
  let followed = 0;

  const score = async (picture: Picture, { face, landmarks, aligned, quality }: Examined): Promise<Scored> => {
    const liveness = await measureLiveness(networks.liveness, picture, face);
    const probe = await embed(networks.embedder, aligned);
    const agreement = probes.map((earlier) => similarity(earlier, probe));
    probes.unshift(probe);
    for (const old of probes.splice(PROBES_KEPT)) old.fill(0);
    last = landmarks;
    const lifeSign = life.look(aligned, landmarks, probe);
    return { kind: "scored", quality, liveness, similarity: similarity(reference, probe), agreement, lifeSign };
  };
  const follow = async (picture: Picture): Promise<Observation | undefined> => {
    if (!last || followed >= FOLLOWED_AT_MOST) return undefined;
    followed += 1;
    const examined = await examine(networks, picture, { box: boxAround(last), score: 1 }, LIVE_PROFILE);
    if (examined.defects.length > 0) return undefined;
    const scored = await score(picture, examined);
    if ((scored.agreement[0] ?? -1) >= SAME_PERSON) return scored;
    probes.shift()?.fill(0);
    return undefined;
  };
  const search = async (picture: Picture): Promise<Observation> => {
    [last, followed] = [undefined, 0];
    const presence = await findCustomer(networks, picture, LIVE_MARGINS);
    if (presence.kind === "nobody") return { kind: isDark(picture) ? "too_dark" : "no_face" };
    if (presence.kind === "several") return { kind: "two_faces" };
    const examined = await examine(networks, picture, presence.face, LIVE_PROFILE);
    const { quality, defects } = examined;
    return defects.length > 0 ? { kind: "poor_quality", quality, defects } : score(picture, examined);
  };
  return {
    async observe(picture) {
      const seen = (await follow(picture)) ?? (await search(picture));
      if (mayChangePlaces(seen, attackBelow)) life.forget();
      return seen;
    },
    [Symbol.dispose]() {
      life.forget();
      for (const probe of probes.splice(0)) probe.fill(0);
      networks.wipe();
    },
  };
}

/** Whether somebody else may stand there after this picture. */
function mayChangePlaces(seen: Observation, attackBelow: number): boolean {
  return seen.kind === "scored" ? seen.liveness < attackBelow : seen.kind !== "poor_quality";
}

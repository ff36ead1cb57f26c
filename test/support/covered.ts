import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { advise } from "../../device/session/guidance.ts";
import { frameOf } from "../../models/detection/boxes.ts";
import { detect } from "../../models/detection/detector.ts";
import { findLandmarks, type Landmarks } from "../../models/detection/landmarks.ts";
import type { Image } from "../../models/imaging/image.ts";
import type { Networks } from "../../models/pipeline/networks.ts";
import type { Recognizer } from "../../models/pipeline/recognizer.ts";
import { chooseSubject } from "../../models/pipeline/subject.ts";
import { type Fit, MASKS, wearMask } from "./masks.ts";
import { pictureOf, readPicture } from "./pictures.ts";

/** What the device makes of one picture: a hint to uncover the face, another hint, or a score on this side or that. */
export type Seen = "uncover_face" | "other_hint" | "yes" | "no";

/** One picture of a person, bare or with a mask, against another picture of the same person. */
export interface Covered {
  readonly wearing: string;
  readonly seen: Seen;
}

export interface Bench {
  readonly recognizer: Recognizer;
  readonly networks: Networks;
  readonly threshold: number;
}

/** Two pictures of each person of a set (a folder of folders), the first for a reference. */
export async function pairsOf(set: string, people: number): Promise<readonly (readonly [string, string])[]> {
  const folders = (await readdir(set, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const pairs: (readonly [string, string])[] = [];
  for (const { name } of folders) {
    const files = (await readdir(join(set, name))).filter((file) => /\.(jpe?g|png)$/i.test(file)).sort();
    const [first, last] = [files[0], files.at(-1)];
    if (first && last && first !== last) pairs.push([join(set, name, first), join(set, name, last)]);
  }
  const step = Math.max(1, pairs.length / people);
  return Array.from({ length: Math.min(people, pairs.length) }, (_, i) => pairs[Math.floor(i * step)] ?? []).filter(
    (pair) => pair.length === 2,
  ) as readonly (readonly [string, string])[];
}

/** Nothing where the bare picture is not good enough by itself: then a mask shows nothing. */
export async function tryMasks(
  bench: Bench,
  [reference, probe]: readonly [string, string],
): Promise<readonly Covered[]> {
  const enrolment = await bench.recognizer.enrol(await readPicture(reference));
  const bare = await readPicture(probe);
  const landmarks = await landmarksOf(bench.networks, bare);
  if (enrolment.kind !== "enrolled" || !landmarks) return [];
  const seen = await look(bench, bare, enrolment.template);
  if (seen === "other_hint") return [];
  const all: Covered[] = [{ wearing: "nothing", seen }];
  for (const mask of MASKS) {
    for (const fit of ["high", "low"] satisfies readonly Fit[]) {
      const masked = wearMask(bare, landmarks, mask, fit, all.length);
      all.push({ wearing: `${mask}, ${fit}`, seen: await look(bench, masked, enrolment.template) });
    }
  }
  return all;
}

async function landmarksOf(networks: Networks, picture: Image): Promise<Landmarks | undefined> {
  const presence = chooseSubject(await detect(networks.detector, picture, frameOf(picture, 0)));
  return presence.kind === "one" ? findLandmarks(networks.landmarks, picture, presence.face) : undefined;
}

async function look({ recognizer, threshold }: Bench, picture: Image, template: Float32Array): Promise<Seen> {
  using tracker = recognizer.track(template);
  const seen = await tracker.observe(pictureOf(picture));
  if (seen.kind === "scored") return seen.similarity >= threshold ? "yes" : "no";
  return advise(seen) === "uncover_face" ? "uncover_face" : "other_hint";
}

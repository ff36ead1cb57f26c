import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** What the program does, as its mode file says; it is read again before each picture. */
export type ProgramMode = "play" | "slow" | "exit" | "hang" | "garbage" | "damaged";

/**
 * A program like rpicam-vid: it writes one JPEG again and again to its standard output, or misbehaves as the mode file
 * says. Usage: `node mjpeg-program.js <mode file> <JPEG>`.
 */
const [modeFile = "", jpegFile = ""] = process.argv.slice(2);
const jpeg = await readFile(jpegFile);
const damaged = Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0x01, 0, 2]), jpeg.subarray(2)]);

for (;;) {
  const mode = (await readFile(modeFile, "utf8")).trim() as ProgramMode;
  if (mode === "exit") {
    process.stderr.write("*** no cameras available ***\n");
    process.exit(255);
  }
  if (mode === "garbage") process.stdout.write(Buffer.alloc(50_000, "no picture "));
  else if (mode === "damaged") process.stdout.write(damaged);
  else if (mode !== "hang") process.stdout.write(jpeg);
  await sleep(mode === "slow" ? 250 : 33);
}

import { z } from "zod";
import type { NetworkName } from "../pack.ts";
import type { Calibration } from "./calibrate.ts";
import { ForgeError } from "./errors.ts";

const calibrationSchema = z.strictObject({
  steps: z.record(z.string(), z.array(z.int())),
  ranges: z.record(z.string(), z.tuple([z.number(), z.number()])),
});

const fileSchema = z.strictObject({
  pictures: z.int().positive(),
  networks: z.record(z.enum(["detector", "landmarks", "embedder", "liveness"]), calibrationSchema),
});

/** The calibrations of a pack's networks; with them and the float networks the pack's bytes are settled. */
export interface CalibrationFile {
  readonly pictures: number;
  readonly networks: Readonly<Record<NetworkName, Calibration>>;
}

/** Reads the file. Throws ForgeError when it is not one. */
export function readCalibrations(text: string): CalibrationFile {
  const read = fileSchema.safeParse(JSON.parse(text));
  if (!read.success) throw new ForgeError(`the calibration file breaks its rules: ${read.error.message}`);
  const open = (one: z.infer<typeof calibrationSchema>): Calibration => ({
    steps: new Map(Object.entries(one.steps)),
    ranges: new Map(Object.entries(one.ranges).map(([name, [low, high]]) => [name, { low, high }])),
  });
  const { detector, landmarks, embedder, liveness } = read.data.networks;
  return {
    pictures: read.data.pictures,
    networks: {
      ...{ detector: open(detector), landmarks: open(landmarks) },
      ...{ embedder: open(embedder), liveness: open(liveness) },
    },
  };
}

/** Writes the file: a line for each value, so that a change can be read. */
export function writeCalibrations({ pictures, networks }: CalibrationFile): string {
  const lines = (entries: Iterable<readonly [string, readonly number[]]>) =>
    [...entries].map(([name, values]) => `        ${JSON.stringify(name)}: ${JSON.stringify(values)}`).join(",\n");
  const parts = Object.entries(networks).map(([name, { steps, ranges }]) => {
    const pairs = [...ranges].map(([value, { low, high }]) => [value, [low, high]] as const);
    const body = `      "steps": {\n${lines(steps)}\n      },\n      "ranges": {\n${lines(pairs)}\n      }`;
    return `    ${JSON.stringify(name)}: {\n${body}\n    }`;
  });
  return `{\n  "pictures": ${pictures},\n  "networks": {\n${parts.join(",\n")}\n  }\n}\n`;
}

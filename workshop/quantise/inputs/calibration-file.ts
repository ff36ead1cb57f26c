import { z } from "zod";
import { QuantiseError } from "../../../models/onnx/errors.ts";
import type { NetworkName } from "../../../models/pack/pack.ts";
import type { Calibration } from "./calibrate.ts";

const calibrationSchema = z.strictObject({
  steps: z.record(z.string(), z.array(z.int())),
  ranges: z.record(z.string(), z.tuple([z.number(), z.number()])),
});

const fileSchema = z.strictObject({
  pictures: z.int().positive(),
  networks: z.record(z.enum(["detector", "landmarks", "embedder", "liveness"]), calibrationSchema),
});

/** The calibrations of the networks of a pack. With the float networks they determine the bytes of the pack. */
export interface CalibrationFile {
  readonly pictures: number;
  readonly networks: Readonly<Record<NetworkName, Calibration>>;
}

/** Reads the file. Throws QuantiseError if it is invalid. */
export function readCalibrations(text: string): CalibrationFile {
  const read = fileSchema.safeParse(JSON.parse(text));
  if (!read.success) throw new QuantiseError(`the calibration file breaks its rules: ${read.error.message}`);
  const open = (one: z.infer<typeof calibrationSchema>): Calibration => ({
    steps: new Map(Object.entries(one.steps)),
    ranges: new Map(Object.entries(one.ranges).map(([name, [low, high]]) => [name, { low, high }])),
  });
  const { detector, landmarks, embedder, liveness } = read.data.networks;
  return {
    pictures: read.data.pictures,
    networks: {
      detector: open(detector),
      landmarks: open(landmarks),
      embedder: open(embedder),
      liveness: open(liveness),
    },
  };
}

/** Writes the file with a line for each value, for readable diffs, in the layout of the formatter. */
export function writeCalibrations({ pictures, networks }: CalibrationFile): string {
  const parts = Object.entries(networks).map(([name, { steps, ranges }]) => {
    const pairs = [...ranges].map(([value, { low, high }]) => [value, [low, high]] as const);
    const body = `      "steps": ${listOf(steps)},\n      "ranges": ${listOf(pairs)}`;
    return `    ${JSON.stringify(name)}: {\n${body}\n    }`;
  });
  return `{\n  "pictures": ${pictures},\n  "networks": {\n${parts.join(",\n")}\n  }\n}\n`;
}

type Entry = readonly [name: string, numbers: readonly number[]];

/** Sorted as JSON.parse returns them, so that writing after reading gives the same file. */
function listOf(entries: Iterable<Entry>): string {
  const sorted = Object.entries(Object.fromEntries(entries));
  if (sorted.length === 0) return "{}";
  const lines = sorted.map((entry, i) => lineOf(entry, i === sorted.length - 1 ? "" : ","));
  return `{\n${lines.join("\n")}\n      }`;
}

const LINE_WIDTH = 120;

/** On one line where that is short enough, else as many numbers on each line as it holds. */
function lineOf([name, numbers]: Entry, end: string): string {
  const start = `        ${JSON.stringify(name)}: [`;
  const line = `${start}${numbers.join(", ")}]${end}`;
  if (line.length <= LINE_WIDTH) return line;
  return `${start}\n${filled(numbers, "          ").join("\n")}\n        ]${end}`;
}

function filled(numbers: readonly number[], indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const [i, value] of numbers.entries()) {
    const text = i === numbers.length - 1 ? `${value}` : `${value},`;
    const longer = line === indent ? line + text : `${line} ${text}`;
    if (longer.length > LINE_WIDTH) lines.push(line);
    line = longer.length > LINE_WIDTH ? indent + text : longer;
  }
  return [...lines, line];
}

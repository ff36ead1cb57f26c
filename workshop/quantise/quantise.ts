import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Reporter } from "../../cli/console/progress.ts";
import { loadMedia } from "../../cli/demo/media.ts";
import { PACKAGE_FOLDER, packFolder } from "../../device/process/package-folder.ts";
import { readOnnx } from "../../models/onnx/onnx-file.ts";
import type { Manifest } from "../../models/pack/manifest.ts";
import { type NetworkName, type Pack, readPack } from "../../models/pack/pack.ts";
import { compareNetworks, recordSample } from "./compare/compare.ts";
import type { Calibration } from "./inputs/calibrate.ts";
import { type CalibrationFile, readCalibrations, writeCalibrations } from "./inputs/calibration-file.ts";
import { type Recorded, recordInputs } from "./inputs/record-inputs.ts";
import { CALIBRATION_IMAGES, calibrationImages } from "./inputs/sample-images.ts";
import { writeManifest } from "./manifest.ts";
import { FORMS, type Forms, measure, type Simplified, simplify, toInt8 } from "./recipe.ts";
import { fetchSources } from "./sources.ts";
import { writeOnnx } from "./write-onnx.ts";

export const NETWORKS: readonly NetworkName[] = ["detector", "landmarks", "embedder", "liveness"];

/** The calibration of the shipped pack. */
export const CALIBRATION_FILE = join(PACKAGE_FOLDER, "workshop", "quantise", "inputs", "calibration.json");

/** A quantised pack in memory. */
export interface Quantised {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly calibration: CalibrationFile;
  readonly simplified: Readonly<Record<NetworkName, Simplified>>;
  readonly source: Pack;
  /** The inputs on which the networks were compared. */
  readonly sample: Recorded;
}

export interface QuantiseOptions {
  /** A calibration to use: every machine makes the same bytes from it. Without it, a new one is measured (minutes). */
  readonly known?: CalibrationFile;
  /** The networks that are calibrated anew although a calibration is known. */
  readonly anew?: readonly NetworkName[];
  /** Gets the float networks. The float pack has the same bytes, for machines without a registry. */
  readonly fetch?: typeof fetchSources;
  /** Experimental forms. A given calibration must have been measured for them. */
  readonly forms?: Forms;
}

/**
 * Makes the int8 pack from the published float networks. Throws QuantiseError if a rewrite changed a network, or a
 * quantised network is too far from its original.
 */
export async function quantise(
  reporter: Reporter,
  { known, anew = [], fetch = fetchSources, forms = FORMS }: QuantiseOptions = {},
): Promise<Quantised> {
  const source = await readPack(packFolder("fp32"));
  const bytes = await fetch(source.manifest, reporter.print);
  const entries = await Promise.all(
    NETWORKS.map(async (name) => [name, await simplify(readOnnx(bytes[name]))] as const),
  );
  const simplified = Object.fromEntries(entries) as Quantised["simplified"];
  const kept = keptCalibrations(known, anew);
  const isComplete = known && kept.size === NETWORKS.length;
  const calibration = isComplete ? known : await calibrateOthers(reporter, source, simplified, forms, kept);
  const networks = new Map(
    NETWORKS.map((name) => {
      const { preprocessing } = source.manifest.networks[name];
      const made = toInt8(simplified[name].graph, forms[name], calibration.networks[name], preprocessing);
      return [name, writeOnnx(made)] as const;
    }),
  );
  const sample = await recordSample(reporter, source);
  await compareNetworks(reporter, source, networks, sample, forms);
  const decisions = await readDecisions(source.manifest);
  const manifest = writeManifest(source.manifest, decisions, networks, { pictures: calibration.pictures, forms });
  const files = new Map<string, Uint8Array>([["manifest.json", new TextEncoder().encode(manifest)]]);
  for (const [name, network] of networks) files.set(`${name}.onnx`, network);
  return { files, calibration, simplified, source, sample };
}

/** What is kept of a calibration when some networks are calibrated anew. */
export function keptCalibrations(
  known: CalibrationFile | undefined,
  anew: readonly NetworkName[],
): ReadonlyMap<NetworkName, Calibration> {
  if (!known) return new Map();
  return new Map(NETWORKS.filter((name) => !anew.includes(name)).map((name) => [name, known.networks[name]]));
}

async function calibrateOthers(
  reporter: Reporter,
  source: Pack,
  simplified: Quantised["simplified"],
  forms: Forms,
  kept: ReadonlyMap<NetworkName, Calibration>,
): Promise<CalibrationFile> {
  const media = await loadMedia(reporter.print);
  const detecting = reporter.bar("looking at pictures");
  const recorded: Recorded = await recordInputs(source, calibrationImages(media), (done) =>
    detecting(done, CALIBRATION_IMAGES),
  );
  const networks: [NetworkName, Calibration][] = [];
  for (const name of NETWORKS) {
    const known = kept.get(name);
    const progress = known || forms[name] === "weights" ? undefined : reporter.bar(`calibrating ${name}`);
    const measured = known ?? (await measure(name, simplified[name].graph, recorded[name], forms[name], progress));
    networks.push([name, measured]);
  }
  return {
    pictures: recorded.embedder.length,
    networks: Object.fromEntries(networks) as CalibrationFile["networks"],
  };
}

/** `npm run evaluate` measures thresholds. Those of the shipped manifest stay. */
async function readDecisions(standard: Manifest): Promise<Manifest> {
  return await readPack(packFolder("int8")).then(
    ({ manifest }) => manifest,
    () => standard,
  );
}

/** Reads the calibration of the shipped pack. */
export async function shippedCalibration(): Promise<CalibrationFile> {
  return readCalibrations(await readFile(CALIBRATION_FILE, "utf8"));
}

/** Writes a pack into a folder and, for the shipped pack, its calibration. */
export async function writeQuantised({ files, calibration }: Quantised, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
  if (resolve(folder) === packFolder("int8")) await writeFile(CALIBRATION_FILE, writeCalibrations(calibration));
}

/** The files of a folder that differ from the pack. */
export async function differences({ files }: Quantised, folder: string): Promise<readonly string[]> {
  const differing: string[] = [];
  for (const [name, bytes] of files) {
    const there = await readFile(join(folder, name)).catch(() => undefined);
    if (!there?.equals(bytes)) differing.push(name);
  }
  return differing;
}

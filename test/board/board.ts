import { Command, Option } from "commander";
import { packFolder } from "../../device/process/package-folder.ts";
import { readPack } from "../../models/pack/pack.ts";
import { KERNELS, type KernelChoice } from "./debian.ts";
import { type Image, makeImage, TRIAL } from "./image.ts";
import { boot, CPUS, type Cpu } from "./qemu.ts";
import { IMAGE_BOUND_BYTES, makeShippedImage, type Share } from "./shipped.ts";

interface Flags {
  readonly cpu: Cpu;
  readonly kernel: KernelChoice;
  readonly icount?: boolean;
  readonly start?: boolean;
  readonly whole?: boolean;
  readonly faults?: boolean;
  readonly image?: boolean;
  readonly pack: string;
}

/** What the guest tells, a line of JSON each. */
interface Told {
  readonly kind: "assert" | "done" | "report" | "figure" | "finding" | "counts" | "count";
  readonly ok?: boolean;
  readonly name?: string;
  readonly why?: string;
  readonly tookMs?: number;
  readonly stage?: string;
  readonly millions?: number;
}

const BOOT_LIMIT_MS = 8 * 60_000;
/** For runs by the guest's clock: they take as long as a busy machine needs. Counting also runs each stage many times. */
const COUNT_LIMIT_MS = 40 * 60_000;

const program = new Command("npm run board --")
  .description("Boot a virtual ARM board with the service as it is shipped, and prove it there.")
  .addOption(new Option("--cpu <core>", "the processor").choices(CPUS).default("cortex-a72"))
  .addOption(
    new Option("--kernel <version>", "Debian's kernel; 6.12 has GPIO base 512")
      .choices(Object.keys(KERNELS))
      .default("6.1"),
  )
  .option("--icount", "count ARM instructions for each stage instead, as JSON")
  .option("--start", "count ARM instructions from the start of the service to ready instead, by phase, as JSON")
  .option("--whole", "count ARM instructions of a verification by the service's threads instead, as JSON")
  .option("--faults", "break the camera in every way that the kernel's test driver can, instead")
  .option("--image", "make the image as deploy/Dockerfile says, without Docker, and boot that instead")
  .option("--pack <name>", "the model pack whose instructions are counted, or its folder", "int8")
  .addHelpText(
    "after",
    "\nExit code: 0 when everything held. The first run downloads Debian packages and Node, 120 MB.",
  )
  .action(async (flags: Flags) => {
    process.exitCode =
      flags.icount || flags.start || flags.whole ? await countInstructions(flags) : await proveOne(flags);
  });

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const startedMs = Date.now();
const progress = (text: string) =>
  process.stderr.write(`[${((Date.now() - startedMs) / 1000).toFixed(0)} s] ${text}\n`);

function machineOf({ cpu }: Flags, image: Image, what: string, argument: string, countInstructions: boolean) {
  const { kernel, initramfs, film: disk } = image;
  const timeoutMs = countInstructions ? COUNT_LIMIT_MS : BOOT_LIMIT_MS;
  return { cpu, kernel, initramfs, disk, program: what, argument, countInstructions, timeoutMs };
}

async function proveOne(flags: Flags): Promise<number> {
  if (!flags.image) {
    await using image = await makeImage(flags.kernel, progress);
    return await prove(flags, image, flags.faults ? "faults" : "acceptance");
  }
  await using image = await makeShippedImage(flags.kernel, progress);
  const fits = showShares(image.shares);
  return Math.max(await prove(flags, image, "image"), fits ? 0 : 1);
}

/** What the image adds to its base, part by part; false when it is more than it may be. */
function showShares(shares: readonly Share[]): boolean {
  const line = (part: string, bytes: number) => print(`${(bytes / 1e6).toFixed(1).padStart(8)} MB  ${part}`);
  for (const { part, bytes } of shares) line(part, bytes);
  const total = shares.reduce((sum, { bytes }) => sum + bytes, 0);
  line(`in all, beside the base image; the bound is ${IMAGE_BOUND_BYTES / 1e6} MB`, total);
  return total <= IMAGE_BOUND_BYTES;
}

/**
 * Boots the board and counts its assertions. The acceptance runs by the guest's clock, which counts instructions, so that
 * its times do not depend on how busy this machine is.
 */
async function prove(flags: Flags, image: Image, what: string): Promise<number> {
  progress(`booting ${flags.cpu}, Linux ${flags.kernel}`);
  const count = { passed: 0, failed: 0 };
  const ended = await boot(machineOf(flags, image, what, "-", what === "acceptance"), (line) => {
    const told = read(line);
    if (told?.kind === "assert") count[told.ok ? "passed" : "failed"]++;
    if (told) show(told);
  });
  const good = ended.code === 0 && count.failed === 0 && count.passed > 0;
  if (!good) print(["The board's last lines:", ...ended.tail].join("\n  "));
  progress(good ? "everything held; the board is off" : `the board ended with ${ended.code ?? "no answer"}`);
  print(`${count.passed} passed, ${good ? 0 : Math.max(1, count.failed)} failed`);
  return good ? 0 : 1;
}

/** The guest's program that counts what is wanted. */
function counting({ start, whole }: Flags): string {
  if (start) return "start";
  return whole ? "whole" : "icount";
}

async function countInstructions(flags: Flags): Promise<number> {
  const trial = packFolder(flags.pack) === flags.pack ? flags.pack : undefined;
  // What cannot be read is refused before the board boots.
  await readPack(packFolder(flags.pack));
  await using image = await makeImage(flags.kernel, progress, trial);
  progress(`booting ${flags.cpu}, counting instructions`);
  const stages: Record<string, number> = {};
  const machine = machineOf(flags, image, counting(flags), trial ? TRIAL : flags.pack, true);
  const ended = await boot(machine, (line) => {
    const told = read(line);
    if (told?.kind === "count" && told.stage) {
      stages[told.stage] = told.millions ?? Number.NaN;
      progress(`${told.stage}: ${told.millions} million`);
    }
    if (told?.kind === "figure") show(told);
  });
  if (ended.code !== 0) print(["The board's last lines:", ...ended.tail].join("\n  "));
  else print(JSON.stringify({ cpu: flags.cpu, pack: flags.pack, unit: "million instructions", stages }));
  return ended.code === 0 ? 0 : 1;
}

function read(line: string): Told | undefined {
  return line.startsWith("BOARD {") ? JSON.parse(line.slice("BOARD ".length)) : undefined;
}

function show(told: Told): void {
  if (told.kind === "assert") print(`${told.ok ? "ok    " : "FAILED"} ${told.name}${told.why ? `: ${told.why}` : ""}`);
  else if (told.kind === "done") print(`       ${told.name} took ${((told.tookMs ?? 0) / 1000).toFixed(1)} s`);
  else print(`       ${JSON.stringify(told)}`);
}

await program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`board: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});

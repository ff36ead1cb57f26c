import { spawn } from "node:child_process";
import { cpus } from "node:os";
import { createInterface } from "node:readline";

export const CPUS = ["cortex-a53", "cortex-a72", "cortex-a76"] as const;
export type Cpu = (typeof CPUS)[number];

export interface Machine {
  readonly cpu: Cpu;
  readonly kernel: string;
  readonly initramfs: string;
  /** A raw disk that the guest sees as /dev/vda. */
  readonly disk?: string;
  /** What the guest runs: a file of test/board/guest, without its ending, and one argument for it. */
  readonly program: string;
  readonly argument: string;
  /** One guest nanosecond is one instruction: time inside is a count, the same from run to run. */
  readonly countInstructions: boolean;
  readonly timeoutMs: number;
}

/** What the guest ended with: its program's exit code, or undefined when it never came that far. */
export interface Ended {
  readonly code: number | undefined;
  /** The last lines of the console, for the case that it went wrong. */
  readonly tail: readonly string[];
}

const TAIL_LINES = 60;

/** Boots the board and gives every line of its console to `line`. The machine is ended when it takes too long. */
export async function boot(machine: Machine, line: (text: string) => void): Promise<Ended> {
  const child = spawn("qemu-system-aarch64", options(machine), { stdio: ["ignore", "pipe", "pipe"] });
  const tail: string[] = [];
  let code: number | undefined;
  const keep = (text: string) => {
    tail.push(text);
    if (tail.length > TAIL_LINES) tail.shift();
  };
  createInterface(child.stderr).on("line", keep);
  createInterface(child.stdout).on("line", (text) => {
    const clean = text.replaceAll("\r", "");
    const exit = /^BOARD-EXIT (\d+)/.exec(clean);
    if (exit) code = Number(exit[1]);
    keep(clean);
    line(clean);
  });
  const late = setTimeout(() => {
    keep(`the board was ended after ${machine.timeoutMs} ms`);
    child.kill("SIGKILL");
  }, machine.timeoutMs);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(late);
  return { code, tail };
}

function options(machine: Machine): readonly string[] {
  const smp = machine.countInstructions ? 1 : Math.min(2, cpus().length);
  const append = `console=ttyAMA0 quiet panic=-1 board.program=${machine.program} board.arguments=${machine.argument}`;
  return [
    "-machine",
    "virt",
    "-cpu",
    machine.cpu,
    "-smp",
    String(smp),
    "-m",
    "2048",
    "-nographic",
    "-no-reboot",
    "-nic",
    "none",
    "-kernel",
    machine.kernel,
    "-initrd",
    machine.initramfs,
    "-append",
    append,
    ...(machine.disk ? ["-drive", `file=${machine.disk},format=raw,if=virtio,readonly=on`] : []),
    ...(machine.countInstructions ? ["-icount", "shift=0,sleep=off"] : []),
  ];
}

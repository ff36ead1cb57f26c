import { readFile } from "node:fs/promises";
import type { FromContender, Pass, Setup, Stages, ToContender } from "./messages.ts";

/**
 * Runs one contender in its own process, so that memory and compiled code are not shared. It makes one pass as a check,
 * then as many as requested, one at a time.
 */
async function main(setup: Setup, file: string): Promise<void> {
  try {
    const stages = await open(setup, await readFile(file));
    await makePasses(stages, 1);
    process.on("message", ({ passes }: ToContender) => {
      void makePasses(stages, passes).then(
        (made) => post({ kind: "measured", passes: made, residentBytes: process.memoryUsage().rss }),
        refuse,
      );
    });
    post({ kind: "ready" });
  } catch (error) {
    refuse(error);
  }
}

async function open(setup: Setup, jpeg: Uint8Array): Promise<Stages> {
  switch (setup.kind) {
    case "matchlight":
      return (await import("./matchlight.ts")).openMatchlight(setup, jpeg);
    case "human":
      return (await import("./human.ts")).openHuman(setup.folder, jpeg);
    case "face-api":
      return (await import("./face-api.ts")).openFaceApi(setup.folder, jpeg);
  }
}

async function makePasses(stages: Stages, count: number): Promise<readonly Pass[]> {
  const passes: Pass[] = [];
  for (let i = 0; i < count; i++) {
    const pass: Record<string, Pass[string]> = {};
    for (const [stage, work] of stages) pass[stage] = await time(work);
    passes.push(pass);
  }
  return passes;
}

async function time(work: () => unknown): Promise<Pass[string]> {
  const [cpu, startedMs] = [process.cpuUsage(), performance.now()];
  await work();
  const wallMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

function post(message: FromContender): void {
  process.send?.(message);
}

function refuse(error: unknown): void {
  post({ kind: "refused", problem: error instanceof Error ? error.message : String(error) });
}

const [setup = "", file = ""] = process.argv.slice(2);
void main(JSON.parse(setup), file);

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Test } from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk, type PrivateKey, readPrivateKey, sign } from "../../protocol/encoding/tokens.ts";
import { TYPES } from "../../protocol/messages/contract.ts";
import { type GatewayStage, setGatewayStage } from "./gateway.ts";
import { type ObedientCamera, openObedientCamera } from "./obedient-camera.ts";
import { until } from "./until.ts";

interface StagedPack {
  readonly at: string;
  readonly hash: string;
}

/** A gateway, a broker and four cameras that obey, and the command that rolls out to them. */
export interface RolloutStage {
  readonly cameras: readonly ObedientCamera[];
  /** With `bad` nothing is matched; `unwanted` is refused. */
  readonly packs: Readonly<Record<"good" | "bad" | "unwanted", StagedPack>>;
  /** Options of the command: of the gateway, of the gateway with another token, of the gateway and the broker. */
  readonly gateway: readonly string[];
  readonly stranger: readonly string[];
  readonly operator: readonly string[];
  /** Stages of two seconds: two of four cameras, then all. */
  readonly plan: readonly string[];
  run(...args: readonly string[]): Promise<{ readonly code: number | null; readonly said: string }>;
  /** Starts the command and kills it once something is so; false when it never was. */
  killAfter(condition: () => boolean, ...args: readonly string[]): Promise<boolean>;
  /** How many cameras have this pack in force. */
  having(hash: string): number;
  /** How often each camera has carried out a command. */
  doneBy(type: string): readonly number[];
}

export async function setRolloutStage(t: Test): Promise<RolloutStage> {
  const folder = t.testdir({});
  const stage = await setGatewayStage(t);
  const key = await generatePrivateJwk("signing");
  const publisher = await readPrivateKey(await generatePrivateJwk("signing"), "signing");
  const pack = (name: string) => makePack(join(folder, name), name, publisher);
  const packs = { good: await pack("good"), bad: await pack("bad"), unwanted: await pack("unwanted") };
  const cameras = await Promise.all(
    ["north", "east", "south", "west"].map((name) =>
      openObedientCamera({
        ...{ brokerUrl: stage.broker.url, name, operator: key, everyMs: 60, refuses: [packs.unwanted.hash] },
        decide: (hash, config) =>
          hash === packs.bad.hash || config["MATCHLIGHT_TIMEOUT_MS"] === "1000" ? "inconclusive" : "match",
      }),
    ),
  );
  for (const camera of cameras) t.teardown(() => camera[Symbol.asyncDispose]());
  await untilKnown(stage, cameras.length);
  const gatewayWith = async (scope: string) => {
    const file = join(folder, `token-${scope.replace(":", "-")}`);
    await writeFile(file, await stage.token(scope));
    return ["--gateway", stage.gateway.url.href, "--token", file];
  };
  await writeFile(join(folder, "operator.jwk"), JSON.stringify(key));
  const gateway = await gatewayWith("fleet");
  const broker = ["--broker", stage.broker.url.href, "--key", join(folder, "operator.jwk"), "--every", "0.1"];
  return {
    cameras,
    packs,
    gateway,
    stranger: await gatewayWith("shop:north"),
    operator: [...gateway, ...broker],
    plan: ["--shares", "50,100", "--hours", String(2 / 3_600), "--least", "30"],
    run,
    killAfter,
    having: (hash) => cameras.filter((camera) => camera.active() === hash).length,
    doneBy: (type) => cameras.map(({ done }) => done().filter((one) => one === type).length),
  };
}

/** A signed pack without networks: these cameras load none. */
async function makePack(at: string, name: string, publisher: PrivateKey): Promise<StagedPack> {
  await mkdir(at);
  const manifest = JSON.stringify({ name });
  const hash = createHash("sha256").update(manifest).digest("hex");
  const files = [{ name: "manifest.json", sizeBytes: manifest.length, sha256: hash }];
  await writeFile(join(at, "manifest.json"), manifest);
  const claims = { v: 1, iat: 1, id: name, version: "1", hash, files };
  await writeFile(join(at, "pack.jws"), await sign(claims, TYPES.pack, publisher));
  return { at, hash };
}

async function untilKnown({ ask }: GatewayStage, count: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { cameras } = (await (await ask("/v1/cameras", "fleet")).json()) as { readonly cameras: readonly Known[] };
    if (cameras.filter(({ state, pack }) => state === "ready" && pack).length === count) return;
    await sleep(50);
  }
  throw new Error("the gateway does not know the cameras");
}

interface Known {
  readonly state: string;
  readonly pack: object | null;
}

function start(args: readonly string[]): ChildProcess {
  const program = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");
  return spawn(process.execPath, [program, "fleet", "rollout", ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function run(...args: readonly string[]) {
  const child = start(args);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => said.push(String(chunk)));
  await once(child, "close");
  return { code: child.exitCode, said: said.join("") };
}

async function killAfter(condition: () => boolean, ...args: readonly string[]): Promise<boolean> {
  const child = start(args);
  child.stdout?.resume();
  const came = await until(condition, 30_000);
  child.kill("SIGKILL");
  await once(child, "exit");
  return came;
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";

/** A gateway in a process of its own. */
export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly url: URL;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts one; resolves when both of its connections to the broker stand. Throws when it ends before. */
export async function startGatewayProcess(
  environment: Readonly<Record<string, string>>,
  options: readonly string[] = [],
): Promise<GatewayProcess> {
  const main = join(PACKAGE_FOLDER, "dist", "gateway", "main.js");
  const child = spawn(process.execPath, [...options, main], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, MATCHLIGHT_GATEWAY_PORT: "0", ...environment },
  });
  let url: URL | undefined;
  let connected = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, http } = JSON.parse(line) as { readonly event: string; readonly http?: string };
    if (event === "started" && http) url = new URL(http);
    if (event === "broker_connected") connected++;
    if (url && connected === 2) break;
  }
  child.stdout.resume();
  if (!url) throw new Error("the gateway did not start");
  return {
    child,
    url,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

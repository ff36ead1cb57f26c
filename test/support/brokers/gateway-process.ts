import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";

/** A gateway in a process of its own, which can be killed and started again. */
export interface GatewayProcess {
  /** Where it serves; undefined while it is not running. */
  url(): URL | undefined;
  /** Starts it; resolves when both connections to the broker stand. */
  start(): Promise<void>;
  kill(signal?: NodeJS.Signals): Promise<void>;
  pid(): number | undefined;
}

export function gatewayProcess(environment: Readonly<Record<string, string>>): GatewayProcess {
  let child: ChildProcess | undefined;
  let url: URL | undefined;
  return {
    url: () => url,
    pid: () => child?.pid,
    async start() {
      const main = join(PACKAGE_FOLDER, "dist", "gateway", "main.js");
      const env = { ...process.env, MATCHLIGHT_GATEWAY_PORT: "0", ...environment };
      const started = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "inherit"], env });
      child = started;
      let connected = 0;
      for await (const line of createInterface({ input: started.stdout })) {
        const { event, http } = JSON.parse(line) as { readonly event: string; readonly http?: string };
        if (event === "started" && http) url = new URL(http);
        if (event === "broker_connected") connected++;
        if (url && connected === 2) break;
      }
      started.stdout.resume();
      if (!url) throw new Error("the gateway did not start");
    },
    async kill(signal = "SIGKILL") {
      url = undefined;
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill(signal);
      await gone;
    },
  };
}

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMsOf } from "../cpu-time.ts";

/** One process of a broker: killed, it starts again over the same data and ports. */
export interface BrokerNode {
  readonly url: URL;
  /** Sends SIGKILL at once; resolves when the process is gone. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** The processor time that its process has used since it was started. */
  cpuMs(): Promise<number>;
}

/** A broker of one or several nodes, started for a test. */
export interface BrokerCluster extends AsyncDisposable {
  readonly kind: string;
  readonly nodes: readonly BrokerNode[];
}

/** How a node is started, and when it is ready. */
export interface NodeProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly port: number;
  readonly protocol?: "mqtt" | "mqtts";
  readonly readyWithinMs: number;
  /** What else must hold before it is used. */
  readonly ready?: () => Promise<boolean>;
}

/** A node in a process group of its own, since some brokers have helpers that would outlive them. */
export function brokerNode({
  command,
  args,
  environment,
  port,
  protocol = "mqtt",
  readyWithinMs,
  ready,
}: NodeProgram): BrokerNode {
  let child: ChildProcess | undefined;
  return {
    url: new URL(`${protocol}://127.0.0.1:${port}`),
    async kill() {
      if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      process.kill(-child.pid, "SIGKILL");
      await gone;
      // Its helpers may take a moment longer.
      while (await listens(port)) await sleep(10);
    },
    async cpuMs() {
      if (child?.pid === undefined) throw new Error(`${command} was not started`);
      return cpuMsOf(child.pid);
    },
    async start() {
      const env = { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin`, ...environment };
      child = spawn(command, args, { stdio: "ignore", env, detached: true });
      child.on("error", () => undefined);
      const late = performance.now() + readyWithinMs;
      while (!((await listens(port)) && (await (ready?.() ?? true)))) {
        if (child.exitCode !== null) throw new Error(`${command} ended at its start, code ${child.exitCode}`);
        if (performance.now() > late) throw new Error(`${command} did not start within ${readyWithinMs} ms`);
        await sleep(50);
      }
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const answer = (yes: boolean) => {
      socket.destroy();
      resolve(yes);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(false));
  });
}

import { parentPort, workerData } from "node:worker_threads";
import { readPack } from "../../../models/pack/pack.ts";
import { loadNetworks, type Networks } from "../../../models/pipeline/networks.ts";
import { loadOnnx } from "../../../models/runtime/onnx.ts";
import type { Found, FromEvaluateWorker, Task, ToEvaluateWorker, WorkerSetup } from "./tasks.ts";
import { acquireOne, livenessOf } from "./templates.ts";

/** A thread with its own networks that processes one picture at a time. */
async function main(port: NonNullable<typeof parentPort>, { pack }: WorkerSetup): Promise<void> {
  const post = (message: FromEvaluateWorker) => port.postMessage(message);
  const networks = await loadNetworks(await readPack(pack), loadOnnx).catch((error: unknown) => {
    post({ kind: "refused", problem: error instanceof Error ? error.message : String(error) });
  });
  if (!networks) return;
  port.on("message", ({ index, task }: ToEvaluateWorker) => {
    look(networks, task)
      .catch(
        (error: unknown): Found => ({
          kind: "unreadable",
          problem: error instanceof Error ? error.message : String(error),
        }),
      )
      .then((found) => post({ kind: "found", index, found }));
  });
  post({ kind: "ready" });
}

async function look(networks: Networks, task: Task): Promise<Found> {
  if (task.kind === "liveness") return { kind: "liveness", liveness: await livenessOf(networks, task.file) };
  return { kind: "templates", acquired: await acquireOne(networks, task.file, task.how, task.roles) };
}

if (parentPort) await main(parentPort, workerData);

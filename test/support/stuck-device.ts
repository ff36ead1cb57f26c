import { Worker } from "node:worker_threads";
import { serve } from "../../device/app/main.ts";
import { syntheticCamera, syntheticInference } from "./synthetic.ts";

/**
 * A device that cannot let go when it is told to stop: one of its threads is inside native code for as long as `sleep` sleeps.
 * @param argv broker, data folder, the carrier's public key, seconds to be stuck
 */
const [brokerUrl = "", dataFolder = "", carrier = "", seconds = ""] = process.argv.slice(2);
const stuck = `require("node:child_process").execFileSync("sleep", ["${Number(seconds)}"])`;
const inference = {
  ...syntheticInference(),
  async [Symbol.asyncDispose]() {
    const worker = new Worker(stuck, { eval: true });
    await new Promise((resolve) => worker.once("exit", resolve));
  },
};
process.exitCode = await serve(
  {
    MATCHLIGHT_BROKER_URL: brokerUrl,
    MATCHLIGHT_DEVICE_ID: "stuck",
    MATCHLIGHT_CARRIER_KEY: carrier,
    MATCHLIGHT_CAMERA: "film:/none",
    MATCHLIGHT_DATA_DIR: dataFolder,
  },
  { camera: syntheticCamera(20), inference },
);

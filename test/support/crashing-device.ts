import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "../../device/app/main.ts";
import { startInference } from "../../device/inference/inference.ts";
import { media } from "./media.ts";
import { SHIPPED_PACK } from "./pack.ts";
import { syntheticCamera } from "./synthetic.ts";

/**
 * A device with a mistake in it, which throws where nothing catches while networks are at work.
 * @param argv broker, data folder, the carrier's public key
 */
const [brokerUrl = "", dataFolder = "", carrier = ""] = process.argv.slice(2);
const inference = await startInference(SHIPPED_PACK);
const photo = await readFile(media.path("franck_02221.jpg"));

async function keepBusy(): Promise<never> {
  for (;;) await inference.enrol(photo);
}

void serve(
  {
    MATCHLIGHT_BROKER_URL: brokerUrl,
    MATCHLIGHT_DEVICE_ID: "crashing",
    MATCHLIGHT_CARRIER_KEY: carrier,
    MATCHLIGHT_CAMERA: "film:/none",
    MATCHLIGHT_DATA_DIR: dataFolder,
  },
  { camera: syntheticCamera(20), inference },
);
void keepBusy();
await sleep(1_000);
setTimeout(() => {
  throw new Error("a mistake");
});

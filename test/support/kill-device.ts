import { serve } from "../../device/app/main.ts";
import { syntheticCamera, syntheticInference } from "./synthetic.ts";

/**
 * A device to be killed or stopped: the service's own main with its light as text; only camera and networks are not real.
 * It says on standard output, at once, what it does and what its light shows.
 */
const [brokerUrl = "", dataFolder = "", carrier = "", frameMs = ""] = process.argv.slice(2);
const { d: _, ...publicKey } = JSON.parse(carrier);
const code = await serve(
  {
    MATCHLIGHT_BROKER_URL: brokerUrl,
    MATCHLIGHT_DEVICE_ID: "mortal",
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: "film:/none",
    MATCHLIGHT_DATA_DIR: dataFolder,
    MATCHLIGHT_LOG_LEVEL: "debug",
  },
  { camera: syntheticCamera(Number(frameMs)), inference: syntheticInference() },
);
process.exit(code);

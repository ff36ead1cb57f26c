import { serve } from "../../device/app/main.ts";
import { syntheticCamera, syntheticInference } from "./synthetic.ts";

/** The service's own main with the environment's settings; only camera and networks are not real. */
const code = await serve(process.env, { camera: syntheticCamera(50), inference: syntheticInference() });
process.exit(code);

import { serve } from "../../device/app/main.ts";
import type { Parts } from "../../device/app/parts.ts";
import { examineRunning } from "../../device/doctor/doctor.ts";
import { syntheticCamera, syntheticInference } from "./synthetic.ts";

/** The service's own main with the environment's settings; only camera and networks are not real. */
const examine: Parts["examine"] = async (environment) => [...(await examineRunning(environment))];
const code = await serve(process.env, { camera: syntheticCamera(50), inference: syntheticInference(), examine });
process.exit(code);

import { isDeepStrictEqual } from "node:util";
import { serve } from "../../device/app/main.ts";
import { LIGHT_TABLE } from "../../device/status/light-patterns.ts";
import type { Light } from "../../drivers/light/light.ts";
import { syntheticCamera, syntheticInference } from "./synthetic.ts";

/** The service's own main, with a light that prints what it shows. */
const light: Light = {
  name: "printing",
  show(pattern) {
    const [state = "another pattern"] =
      Object.entries(LIGHT_TABLE).find(([, one]) => isDeepStrictEqual(one, pattern)) ?? [];
    process.stdout.write(`light shows ${state}\n`);
  },
  [Symbol.asyncDispose]: async () => undefined,
};
const code = await serve(process.env, { light, camera: syntheticCamera(50), inference: syntheticInference() });
process.exit(code);

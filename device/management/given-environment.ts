import { machineName } from "../process/machine-id.ts";
import type { Environment } from "../settings/environment.ts";
import { MACHINE_ID } from "../settings/settings.ts";

/** The environment with what this machine adds to it: all that settings are read from. */
export async function givenEnvironment(environment: Environment): Promise<Environment> {
  return { ...environment, [MACHINE_ID]: await machineName() };
}

import { machineName } from "../process/machine-id.ts";
import { type Environment, environmentOver, readSettings } from "../settings/environment.ts";
import { MACHINE_ID } from "../settings/settings.ts";
import { environmentOf, readProvisioned } from "./provisioned.ts";

/**
 * All that settings are read from: the environment, what an enrolment has brought, and the name of this machine, in this
 * order.
 */
export async function givenEnvironment(environment: Environment): Promise<Environment> {
  const machine = { ...environment, [MACHINE_ID]: await machineName() };
  const { dataFolder } = readSettings(machine).values;
  const provisioned = dataFolder ? await readProvisioned(dataFolder) : undefined;
  return provisioned ? environmentOver(machine, environmentOf(provisioned)) : machine;
}

import { machineName } from "../process/machine-id.ts";
import { type Environment, environmentOver, readSettings } from "../settings/environment.ts";
import { MACHINE_ID } from "../settings/settings.ts";
import { environmentOf, readProvisioned } from "./provisioned.ts";

/**
 * The sources of the settings: the environment, the result of an enrolment, and the name of this machine, in this order.
 */
export async function givenEnvironment(environment: Environment): Promise<Environment> {
  const machine = { ...environment, [MACHINE_ID]: await machineName() };
  const { dataFolder } = readSettings(machine).values;
  const provisioned = dataFolder ? await readProvisioned(dataFolder) : undefined;
  return provisioned ? environmentOver(machine, environmentOf(provisioned)) : machine;
}

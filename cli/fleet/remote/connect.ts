import { CarrierError, type Operator, openOperator } from "../../../carrier/client.ts";
import { readRegister } from "../enrolment/register.ts";
import { type FleetFile, tlsOf } from "../fleet-file.ts";

/** Connects to a registered camera as the operator of the fleet file, and requires its registered key. */
export async function connectRegistered(fleet: FleetFile, device: string): Promise<Operator> {
  const { operators, operatorKey } = fleet.text;
  if (!operators) throw new Error('the fleet file says nothing of "operators": where they meet cameras that serve');
  const file = fleet.path(fleet.text.register);
  const register = await readRegister(file);
  const known = Object.hasOwn(register, device) ? register[device] : undefined;
  if (!known) throw new Error(`${device} is not in ${file}: \`matchlight fleet pending\` lists who waits to be let in`);
  return openOperator({
    brokerUrl: new URL(operators.broker),
    device,
    key: await fleet.readKey(operatorKey),
    tls: await tlsOf(fleet, operators),
    pinned: known.pin,
    ...(operators.topics ? { topics: operators.topics } : {}),
  }).catch((error: unknown) => {
    throw namingBroker(error, fleet);
  });
}

/** Explains where the fleet file names a broker that does not answer. Pure. */
export function namingBroker(error: unknown, { file }: Pick<FleetFile, "file">): unknown {
  if (!(error instanceof CarrierError) || error.code !== "broker_unreachable") return error;
  return new CarrierError(error.code, `${error.message}; it is "operators" in ${file}`, { cause: error });
}

/** The named camera, or all registered cameras. */
export async function camerasOf(fleet: FleetFile, id: string | undefined, all: boolean): Promise<readonly string[]> {
  if ((id === undefined) !== all) throw new Error("name one camera, or say --all");
  return id === undefined ? Object.keys(await readRegister(fleet.path(fleet.text.register))).sort() : [id];
}

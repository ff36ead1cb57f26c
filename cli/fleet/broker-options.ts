import type { Command } from "commander";
import { type Operator, openOperator } from "../../carrier/client.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { type Tls, tlsProblem } from "../../protocol/mqtt/client.ts";
import { brokerUrl, thumbprint, topicTemplate } from "../console/arguments.ts";
import { readJson, readNamed } from "../console/files.ts";

/** The address and credentials of a broker. */
export interface BrokerFlags {
  readonly broker: URL;
  readonly topics?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
}

/** The address and credentials of a broker, with a device and the operator's key. */
export interface CameraFlags extends BrokerFlags {
  readonly device: string;
  readonly key: string;
  readonly pin?: string;
}

/** The options of all commands that use a broker. */
export function brokerOptions(command: Command): Command {
  return command
    .requiredOption("--broker <url>", "the MQTT broker, mqtt://host:1883 or mqtts://host:8883", brokerUrl)
    .option(
      "--topics <template>",
      "the template of topics, for example matchlight/v1/{device}/{channel}",
      topicTemplate,
    )
    .option("--ca <file>", "PEM file of the broker's authority, if it is not a public one")
    .option("--cert <file>", "PEM file of a client certificate, if the broker requires one")
    .option("--cert-key <file>", "PEM file of its private key");
}

/** The options of all commands to one device. */
export function cameraOptions(command: Command): Command {
  return brokerOptions(command)
    .requiredOption("--device <id>", "the camera's MATCHLIGHT_DEVICE_ID")
    .requiredOption(
      "--key <file>",
      "the operator's private key; the camera has the public key as MATCHLIGHT_OPERATOR_KEY",
    )
    .option("--pin <thumbprint>", "the required thumbprint of the camera's signing key", thumbprint);
}

/** The expected content of the file of --key. */
export const KEY_FILE = "a private key, as keygen wrote it";

/** Connects to the device of the options, as its operator. */
export async function connectOperator(flags: CameraFlags): Promise<Operator> {
  const { broker, device, pin: pinned, topics } = flags;
  const key = await readJson<JWK>(flags.key, KEY_FILE);
  const optional = { ...(pinned ? { pinned } : {}), ...(topics ? { topics } : {}) };
  return openOperator({ brokerUrl: broker, device, key, tls: await readTls(flags), ...optional });
}

/** Reads the files of the options. Throws Error if they do not fit the address. */
export async function readTls({ broker, ca, cert, certKey }: BrokerFlags): Promise<Tls> {
  const files = Object.entries({ ca, cert, key: certKey }).filter(([, path]) => path !== undefined);
  const tls: Tls = Object.fromEntries(
    await Promise.all(
      files.map(async ([n, path]) => [n, (await readNamed(path ?? "", "a PEM file")).toString("utf8")]),
    ),
  );
  const problem = tlsProblem(broker, tls);
  if (problem) throw new Error(problem);
  return tls;
}

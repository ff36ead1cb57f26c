import type { Command } from "commander";
import { type Aim, openCarrier } from "../../carrier/client.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import { wholeFrom } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { readJson } from "../console/files.ts";
import { print } from "../console/print.ts";
import { drawAim } from "./aim-picture.ts";
import { type BrokerFlags, brokerOptions, KEY_FILE, readTls } from "./broker-options.ts";

interface Flags extends BrokerFlags {
  readonly device: string;
  readonly key: string;
  readonly seconds: number;
  readonly json?: boolean;
}

/** `matchlight aim`: shows a camera's view as numbers and a drawing, to the person who turns the camera. */
export function addAim(program: Command): void {
  brokerOptions(program.command("aim"))
    .description(
      "Aim a camera: see the position of the face, and what to correct. The camera sends numbers, never a picture.",
    )
    .requiredOption("--device <id>", "the camera's MATCHLIGHT_DEVICE_ID")
    .requiredOption("--key <file>", "the carrier's private key, from carrier keygen")
    .option("--seconds <n>", "how long to aim", wholeFrom(1, LIMITS.aimSeconds), 60)
    .option("--json", "print the messages as JSON lines")
    .addHelpText(
      "after",
      "\nStand where customers stand, and turn the camera until the face fills the oval. Ctrl+C ends it.",
    )
    .action(exiting(aim));
}

async function aim({ broker: brokerUrl, device, key, seconds, topics, json, ...files }: Flags): Promise<number> {
  const named = topics ? { topics } : {};
  const tls = await readTls({ broker: brokerUrl, ...files });
  const jwk = await readJson<JWK>(key, KEY_FILE);
  await using carrier = await openCarrier({ brokerUrl, device, key: jwk, tls, ...named });
  let jti: string | undefined;
  // A second signal ends the command at once.
  process.once("SIGINT", () => void (jti && carrier.cancel(jti, "cancelled").catch(() => undefined)));
  const last = await carrier.aim(seconds, (message) => {
    jti = message.jti;
    show(message, json === true);
  });
  return last.ended === "camera_lost" || last.ended === "device_fault" ? 1 : 0;
}

function show(message: Aim, json: boolean): void {
  const lines = drawAim(message);
  if (json) print(JSON.stringify(message));
  else if (message.ended) print(`ended: ${message.ended.replaceAll("_", " ")}`);
  else if (process.stdout.isTTY) process.stdout.write(`\u001b[H\u001b[J${lines.join("\n")}\n`);
  else print(lines.at(-1));
}

import { syntheticCamera } from "./synthetic.ts";
import { openSynthetic } from "./synthetic-device.ts";

/** A device to be killed: says what it does on standard output, at once, until it dies. */
const [brokerUrl = "", dataFolder = "", carrier = ""] = process.argv.slice(2);
const { log } = await openSynthetic({
  brokerUrl: new URL(brokerUrl),
  name: "mortal",
  carrier: JSON.parse(carrier),
  dataFolder,
  // A verification takes about as long as what comes before and after it, so that blows fall into each.
  own: { camera: syntheticCamera(20) },
  said: (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
});
process.stdout.write(`${JSON.stringify({ event: "up", lines: log.length })}\n`);

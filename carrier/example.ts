import { readFile } from "node:fs/promises";
import { CarrierError, openFleet } from "@matchlight/carrier";

// node example.js BROKER KEY-FILE CAMERA PHOTO…: verifies several photos, one after the other, and keeps the evidence.
const [broker = "", keyFile = "", camera = "", ...photos] = process.argv.slice(2);
const archive: string[] = [];

await using fleet = await openFleet({
  brokerUrl: new URL(broker),
  key: JSON.parse(await readFile(keyFile, "utf8")),
  onReport: ({ token }) => void archive.push(token),
  onTrouble: (trouble) => process.stderr.write(`trouble: ${trouble.kind}\n`),
});

for (const photo of photos) {
  try {
    const { claims } = await fleet.device(camera).verify({
      reference: await readFile(photo),
      consent: { id: "number in your books", at: Math.floor(Date.now() / 1000), notice: "notice-2026-1" },
      purpose: "sim-registration",
    });
    process.stdout.write(`${photo} ${claims.decision} ${claims.reason ?? ""}\n`);
  } catch (error) {
    if (!(error instanceof CarrierError)) throw error;
    process.stdout.write(`${photo} ${error.code} ${error.refusal ?? ""}\n`);
  }
}
process.stdout.write(`${archive.length} signed reports to keep\n`);

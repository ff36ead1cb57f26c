import { killAfterAcknowledgement } from "../support/kill-after-ack.ts";

const HELP = `npm run receipts -- [50]

Kills mosquitto so many times as soon as it has acknowledged a camera's report, while no gateway is connected: with receipts,
and without them as the baseline. Prints JSON; exit code 1 when anything was lost with receipts, or nothing without them.
`;

const [rounds = "50"] = process.argv.slice(2);
const say = (line: string) => void process.stderr.write(`${line}\n`);
if (!(Number(rounds) > 0)) {
  process.stdout.write(HELP);
} else {
  const [withReceipts, without] = [
    await killAfterAcknowledgement(Number(rounds), true, say),
    await killAfterAcknowledgement(Number(rounds), false, say),
  ];
  if (!withReceipts || !without) throw new Error("mosquitto or PostgreSQL is not installed");
  process.stdout.write(`${JSON.stringify({ withReceipts, without }, null, 2)}\n`);
  const { lost, doubles, unsent } = withReceipts;
  process.exitCode = lost + doubles + unsent === 0 && without.lost > 0 ? 0 : 1;
}
process.exit();

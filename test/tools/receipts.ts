import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { startNats } from "../support/brokers/nats.ts";
import { startRabbitMq } from "../support/brokers/rabbitmq.ts";
import { killAfterAcknowledgement } from "../support/kill-after-ack.ts";

const HELP = `npm run receipts -- [50] [mosquitto|nats|rabbitmq]

Kills a broker's node so many times as soon as it has acknowledged a camera's report, while no gateway is connected: with
receipts, and without them as the baseline. mosquitto is one node; NATS and RabbitMQ are three. Prints JSON; exit code 1 when
anything was lost with receipts, or nothing without them at mosquitto.
`;

const BROKERS = { mosquitto: startMosquittoNode, nats: startNats, rabbitmq: startRabbitMq } as const;
const isBroker = (name: string): name is keyof typeof BROKERS => name in BROKERS;

const [rounds = "50", broker = "mosquitto"] = process.argv.slice(2);
const say = (line: string) => void process.stderr.write(`${line}\n`);
if (!(Number(rounds) > 0) || !isBroker(broker)) {
  process.stdout.write(HELP);
} else {
  const [withReceipts, without] = [
    await killAfterAcknowledgement(BROKERS[broker], Number(rounds), true, say),
    await killAfterAcknowledgement(BROKERS[broker], Number(rounds), false, say),
  ];
  if (!withReceipts || !without) throw new Error("PostgreSQL is not installed");
  process.stdout.write(`${JSON.stringify({ broker, withReceipts, without }, null, 2)}\n`);
  const { lost, doubles, unsent } = withReceipts;
  process.exitCode = lost + doubles + unsent === 0 && (broker !== "mosquitto" || without.lost > 0) ? 0 : 1;
}
process.exit();

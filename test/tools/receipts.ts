import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { startNats } from "../support/brokers/nats.ts";
import { startRabbitMq } from "../support/brokers/rabbitmq.ts";
import { endWithChildren } from "../support/end-with-children.ts";
import { killAfterAcknowledgement } from "../support/kill-after-ack.ts";
import { countOf, readArguments, refuseArguments } from "../support/tool-arguments.ts";

const HELP = `npm run receipts -- [rounds, 50 if left out] [mosquitto|nats|rabbitmq]

Kills a node of the broker in each round as soon as it has acknowledged a camera's report, while no gateway is connected: first
with receipts, then without them as the baseline. mosquitto is one node; NATS and RabbitMQ are three. Needs PostgreSQL. Prints
JSON. Exit code 1 if a report is lost with receipts, or if none is lost at mosquitto without them.
`;

const BROKERS = { mosquitto: startMosquittoNode, nats: startNats, rabbitmq: startRabbitMq } as const;
const isBroker = (name: string): name is keyof typeof BROKERS => name in BROKERS;

endWithChildren();
const { positionals } = readArguments(HELP, { allowPositionals: true });
const [asked = "50", broker = "mosquitto"] = positionals;
const rounds = countOf(HELP, "rounds", asked);
const say = (line: string) => void process.stderr.write(`${line}\n`);
if (!isBroker(broker)) refuseArguments(HELP, `'${broker}' is none of the brokers ${Object.keys(BROKERS).join(", ")}.`);
const [withReceipts, without] = [
  await killAfterAcknowledgement(BROKERS[broker], rounds, true, say),
  await killAfterAcknowledgement(BROKERS[broker], rounds, false, say),
];
if (!withReceipts || !without) throw new Error("PostgreSQL is not installed");
process.stdout.write(`${JSON.stringify({ broker, withReceipts, without }, null, 2)}\n`);
const { lost, doubles, unsent } = withReceipts;
process.exitCode = lost + doubles + unsent === 0 && (broker !== "mosquitto" || without.lost > 0) ? 0 : 1;
process.exit();

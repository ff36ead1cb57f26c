import { type MatrixResult, runMatrix } from "../support/brokers/matrix.ts";
import { startMosquittoNode } from "../support/brokers/mosquitto.ts";
import { startNats } from "../support/brokers/nats.ts";
import { startRabbitMq } from "../support/brokers/rabbitmq.ts";
import { endWithChildren } from "../support/end-with-children.ts";
import { readArguments, refuseArguments } from "../support/tool-arguments.ts";

const HELP = `npm run brokers -- [mosquitto] [nats] [rabbitmq] [--reports 200] [--receipts on|off]

Runs cameras, two gateways and PostgreSQL on real brokers, by default on all: mosquitto, and NATS and RabbitMQ with three nodes
each. Every node, the gateways and PostgreSQL are killed (SIGKILL) and come back, and PostgreSQL's disk is full for a while.
Prints JSON; exit code 1 when a report of a camera is not archived, or twice, or a chain is not whole.
`;

endWithChildren();
const { values, positionals } = readArguments(HELP, {
  allowPositionals: true,
  options: {
    reports: { type: "string", default: "200" },
    receipts: { type: "string", default: "on" },
  },
});

const PARTS = ["1/2", "2/2"] as const;
const GROUP = ["group:archive", "group:archive"] as const;
const BROKERS = {
  mosquitto: { start: startMosquittoNode, shares: GROUP },
  nats: { start: startNats, shares: PARTS },
  rabbitmq: { start: startRabbitMq, shares: PARTS },
} as const;

const say = (line: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

async function runOne(name: keyof typeof BROKERS): Promise<MatrixResult | undefined> {
  const { start, shares } = BROKERS[name];
  say(`${name} is started`);
  await using cluster = await start();
  return await runMatrix(cluster, { shares, receipts: values.receipts === "on", reports: Number(values.reports), say });
}

function isWhole({ reports, rows, doubles, wholeChains, openGaps, unsent }: MatrixResult): boolean {
  return (
    reports >= Number(values.reports) && rows === reports && doubles + openGaps + unsent === 0 && wholeChains === 4
  );
}

const names = Object.keys(BROKERS) as (keyof typeof BROKERS)[];
const unknown = positionals.find((one) => !Object.hasOwn(BROKERS, one));
if (unknown !== undefined) refuseArguments(HELP, `'${unknown}' is none of the brokers ${names.join(", ")}.`);
const results: MatrixResult[] = [];
for (const name of names.filter((one) => positionals.length === 0 || positionals.includes(one))) {
  const result = await runOne(name);
  if (!result) throw new Error("PostgreSQL is not installed");
  results.push(result);
  say(JSON.stringify(result));
}
process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
process.exitCode = results.every(isWhole) ? 0 : 1;
process.exit();

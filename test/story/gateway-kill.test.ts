import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openPostgres } from "../../gateway/database/server.ts";
import { digest } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient } from "../../protocol/mqtt/client.ts";
import { startMosquitto } from "../support/broker.ts";
import { startPostgres } from "../support/postgres.ts";
import { type SigningDevice, signingDevice } from "../support/signing-device.ts";

const CAMERAS = 4;
const REPORTS = 60;
const KILLS = 4;

const broker = await startMosquitto(undefined, "max_queued_messages 100000\nmax_inflight_messages 100\n");
const postgres = broker && (await startPostgres());
if (!broker || !postgres) {
  t.pass("mosquitto or PostgreSQL is not installed");
  process.exit();
}
t.teardown(() => broker[Symbol.asyncDispose]());
t.teardown(() => postgres[Symbol.asyncDispose]());
const data = t.testdir({});

/** A gateway in a process of its own; resolves when it takes reports. */
async function startGateway(name: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(PACKAGE_FOLDER, "dist", "gateway", "main.js")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      MATCHLIGHT_BROKER_URL: broker?.url.href,
      MATCHLIGHT_DATABASE_URL: postgres?.url.href,
      MATCHLIGHT_GATEWAY_DATA: data,
      MATCHLIGHT_GATEWAY_NAME: name,
      MATCHLIGHT_GATEWAY_PORT: "0",
      MATCHLIGHT_GATEWAY_SHARE: "group:archive",
    },
  });
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"broker_connected","connection":"reports"')) break;
  }
  child.stdout.resume();
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

async function connect(name: string): Promise<MqttClient> {
  const client = openMqttClient({ url: (broker as { url: URL }).url, clientId: name, subscribe: [] });
  await new Promise<void>((connected) =>
    client.start({ connected: () => connected(), lost: () => undefined, message: () => undefined }),
  );
  return client;
}

/** Publishes a chain as a camera does: the next report when the broker has acknowledged the one before. */
async function report(camera: SigningDevice, name: string): Promise<void> {
  const topics = topicsOf(DEFAULT_TOPICS, name);
  await using client = await connect(name);
  const identity = JSON.stringify(camera.identity);
  await client.publish({ topic: topics.identity, payload: identity, qos: 1, retain: true });
  let prev: string | null = null;
  for (let seq = 1; seq <= REPORTS; seq++) {
    const payload: string = await camera.report({ seq, prev, jti: `request-${seq}` });
    prev = digest(payload);
    await client.publish({ topic: topics.report, payload, qos: 1, retain: false });
    await sleep(60);
  }
}

t.test("gateways and PostgreSQL are killed at random moments: every report is archived, once", async (t) => {
  const gateways = [await startGateway("one"), await startGateway("two")];
  t.teardown(() => Promise.all(gateways.map(kill)));
  const cameras = await Promise.all(Array.from({ length: CAMERAS }, (_, i) => signingDevice(`camera-${i}`)));
  const reported = Promise.all(cameras.map((camera, i) => report(camera, `camera-${i}`)));
  for (let kills = 0; kills < KILLS; kills++) {
    await sleep(200 + Math.random() * 500);
    const which = kills % 2;
    await kill(gateways[which] as ChildProcess);
    gateways[which] = await startGateway(which === 0 ? "one" : "two");
  }
  await postgres.kill();
  await sleep(500);
  await postgres.start();
  await reported;

  await using database = openPostgres(postgres.url, () => undefined);
  const count = async (what: string) => {
    const [row] = await database.query<{ readonly n: number }>(`select count(*)::int as n from ${what}`);
    return row?.n;
  };
  const due = CAMERAS * REPORTS;
  for (let tries = 0; tries < 300 && (await count("chain")) !== due; tries++) await sleep(100);
  t.equal(await count("chain"), due, "every report is in the chain");
  t.equal(await count("reports"), due, "and has its token archived once");
  t.equal(await count("gaps where closed_at is null"), 0, "the chains are whole");
  t.equal(await count("findings"), 0, "and nothing is wrong with them");
});

import t from "tap";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { type MqttClient, openMqttClient, type Tls } from "../../protocol/mqtt/client.ts";
import { freePort, makeAuthorities, startFleetBroker, startMosquitto } from "../support/broker.ts";
import { readText } from "../support/sources.ts";
import { until } from "../support/until.ts";

const installed = await startMosquitto();
await installed?.[Symbol.asyncDispose]();
const skip = installed ? false : "mosquitto is not installed";

const CHANNELS = Object.keys(topicsOf(DEFAULT_TOPICS, "counter-7"));
const topicOf = (channel: string) => DEFAULT_TOPICS.replace("{device}", "counter-7").replace("{channel}", channel);
/** Where answers to the carrier's own requests come, and places that belong to nobody. */
const REPLY = "matchlight/v1/carrier/gateway-1";
const ELSEWHERE = ["matchlight/v1/counter-7/elsewhere", "matchlight/v2/counter-7/report", "other", REPLY];
const TOPICS = [...CHANNELS.map(topicOf), ...ELSEWHERE];

/** The channels of a direction, as the contract's table has them. */
function channelsOf(direction: string): readonly string[] {
  const rows = [...readText("docs/CONTRACT.md").matchAll(/^\| `(\w+)` \| (\w+ → \w+) \|/gm)];
  return rows.filter(([, , way]) => way === direction).map(([, channel = ""]) => channel);
}

const KNOWN_BY_ALL = ["status", "identity", "health"];
/** What the contract says, and what carriers.acl adds to it in words. */
const ALLOWED = {
  carrier: {
    write: [...["request", "command"].map(topicOf), REPLY],
    read: [...channelsOf("camera → carrier").map(topicOf), REPLY],
  },
  operator: {
    write: channelsOf("operator → camera").map(topicOf),
    read: [...channelsOf("camera → operator"), ...KNOWN_BY_ALL].map(topicOf),
  },
} as const;

/** A client, and the topics of all that came to it. */
async function connect(url: URL, clientId: string, tls?: Tls) {
  const heard = new Set<string>();
  const subscribe = ["#", "matchlight/v1/#", ...TOPICS, topicOf("+").replace("counter-7", "+")];
  const client = openMqttClient({ url, clientId, subscribe, ...(tls ? { tls } : {}) });
  await new Promise<void>((connected) =>
    client.start({
      connected: () => connected(),
      lost: () => undefined,
      message: (topic) => void heard.add(topic),
    }),
  );
  return { client, heard };
}

/** Publishes to every topic; what is refused is refused. */
async function publishAll(client: MqttClient, topics: readonly string[]): Promise<void> {
  for (const topic of topics)
    await client.publish({ topic, payload: "marker", qos: 1, retain: false }).catch(() => undefined);
}

t.test("carriers and operators read and write what the contract says, and no more", { skip }, async (t) => {
  t.equal(channelsOf("camera → carrier").length + channelsOf("carrier → camera").length, 7, "the table is read");
  await using authorities = await makeAuthorities();
  const port = await freePort();
  const credentials = {
    carrier: await authorities.carriers.certificate("carrier"),
    operator: await authorities.carriers.certificate("operator"),
  };
  // A listener that obeys no rules sees what gets through, and speaks for everybody.
  const lawless = `\nlistener ${port} 127.0.0.1\nallow_anonymous true\n`;
  await using broker = await startFleetBroker(authorities, undefined, lawless);
  if (!broker) return void t.fail("mosquitto does not start");
  const all = await connect(new URL(`mqtt://127.0.0.1:${port}`), "everybody");
  t.teardown(() => all.client[Symbol.asyncDispose]());
  for (const [user, allowed] of Object.entries(ALLOWED)) {
    const { client, heard } = await connect(broker.carriersUrl, `${user}-1`, credentials[user as keyof typeof ALLOWED]);
    all.heard.clear();
    await publishAll(client, TOPICS);
    await publishAll(all.client, ["end"]);
    t.ok(await until(() => all.heard.has("end")));
    t.same([...all.heard].filter((topic) => topic !== "end").sort(), [...allowed.write].sort(), `${user} writes`);
    heard.clear();
    await publishAll(all.client, TOPICS);
    const last = allowed.read.at(-1) ?? "";
    t.ok(await until(() => heard.has(last)), `${user} reads`);
    t.same([...heard].sort(), [...allowed.read].sort(), `${user} reads`);
    await client[Symbol.asyncDispose]();
  }
});

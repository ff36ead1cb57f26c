import t from "tap";
import { type BrokerMessages, openBrokerLink } from "../../../gateway/ingest/broker-link.ts";
import { startRefusingBroker } from "../../support/refusing-broker.ts";
import { until } from "../../support/until.ts";

t.test("a connection on which the broker refuses reports is not connected until it grants them", async (t) => {
  using broker = await startRefusingBroker("/report");
  const seen: string[] = [];
  const messages: BrokerMessages = {
    report: async () => undefined,
    announced: async () => undefined,
    progress: () => undefined,
    aim: () => undefined,
    connected: (connection) => seen.push(connection),
    lost: (connection, { code }) => seen.push(`${connection} ${code}`),
  };
  await using link = openBrokerLink({
    url: broker.url,
    name: "gateway",
    topics: "matchlight/v1/{device}/{channel}",
    share: { kind: "all" },
  });
  link.start(messages);
  t.ok(await until(() => seen.length === 2));
  t.same(seen.toSorted(), ["register", "reports denied"]);
  broker.allow();
  t.ok(await until(() => seen.length === 3));
  t.equal(seen.at(-1), "reports");
});

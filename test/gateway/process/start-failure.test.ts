import { createServer } from "node:net";
import t from "tap";
import { startBroker } from "../../../gateway/process/embedded-broker.ts";
import { ArgumentsRefused, startFailure } from "../../../gateway/process/start-failure.ts";

t.test("an address that is used already is named, with what to do", async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  t.teardown(() => other.close());
  const address = other.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const error = await startBroker(port).then(
    () => t.fail("it listens"),
    (error: unknown) => error,
  );
  const { text, code } = startFailure(error);
  t.match(text, `cannot listen on 127.0.0.1:${port}: another program listens there.`);
  t.match(text, "MATCHLIGHT_GATEWAY_PORT");
  t.equal(code, 1);
});

t.test("arguments that were refused are told without a stack; what nobody expected is told with it", async (t) => {
  t.same(startFailure(new ArgumentsRefused("no such command")), { text: "no such command", code: 2 });
  t.match(startFailure(new Error("a defect")), { text: /a defect\n\s+at /, code: 1 });
  t.match(startFailure("a text"), { text: "a text", code: 1 });
});

import t from "tap";
import { routed } from "../../../device/verification/routes.ts";
import { topicsOf } from "../../../protocol/messages/topics.ts";

const topics = topicsOf("shop/{device}/{channel}", "counter-7");
const message = (topic: string) => ({ topic, payload: new Uint8Array(1), reply: {}, retained: false });

t.test("each message goes to the handler of its topic", async (t) => {
  const taken: string[] = [];
  const take = (name: string) => async () => void taken.push(name);
  const management = { command: take("command"), chunk: take("chunk") };
  const route = routed(
    topics,
    take("request"),
    management,
    { take: take("approval") },
    { error: () => t.fail("nothing fails") },
  );
  for (const topic of [topics.command, topics.chunk, topics.approval, topics.request]) await route(message(topic));
  t.same(taken, ["command", "chunk", "approval", "request"]);
});

t.test("a handler that fails is logged, and ends nothing", async (t) => {
  const logged: unknown[] = [];
  const fails = async () => {
    throw new Error("a defect");
  };
  const log = { error: (entry: unknown) => void logged.push(entry) };
  await routed(topics, fails, { command: fails, chunk: fails }, undefined, log)(message(topics.command));
  t.match(logged, [{ event: "request_failed", err: { message: "a defect" } }]);
});

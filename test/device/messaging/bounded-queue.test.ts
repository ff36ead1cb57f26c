import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openBoundedQueue } from "../../../device/messaging/bounded-queue.ts";

/** An inbox of texts, each as large as it is long. */
function textInbox(most: number, mostBytes: number, handle: (text: string) => Promise<void> = () => sleep(5)) {
  const overruns: object[] = [];
  const overrun = (waiting: object) => void overruns.push(waiting);
  const sizeOf = ({ length }: string) => length;
  return { overruns, queue: openBoundedQueue({ most, mostBytes, sizeOf, handle, overrun }) };
}

t.test("messages are handled one after the other, in order", async (t) => {
  const done: string[] = [];
  const { queue } = textInbox(10, 1_000, async (message) => {
    done.push(`${message} begins`);
    await sleep(5);
    done.push(`${message} ends`);
  });
  queue.add("a");
  queue.add("b");
  await queue.empty();
  t.same(done, ["a begins", "a ends", "b begins", "b ends"]);
});

t.test("a full inbox takes no more until there is room again", async (t) => {
  const { queue } = textInbox(2, 1_000);
  t.same([queue.add("a"), queue.add("b"), queue.add("c")], [true, true, false]);
  await queue.empty();
  t.equal(queue.add("d"), true);
  await queue.empty();
});

t.test("few large messages fill it as many small ones do", async (t) => {
  const { queue } = textInbox(10, 8);
  const added = ["12345", "1234", "123", "1"].map(queue.add);
  t.same(added, [true, false, true, false], "what still fits is taken");
  await queue.empty();
  t.same(["12345678", "1"].map(queue.add), [true, false], "handled, they weigh nothing");
  await queue.empty();
});

t.test("that messages are left is told once, until one is taken again", async (t) => {
  const { queue, overruns } = textInbox(1, 1_000);
  for (const message of ["ab", "c", "d"]) queue.add(message);
  t.same(overruns, [{ waiting: 1, bytes: 2 }]);
  await queue.empty();
  for (const message of ["e", "f"]) queue.add(message);
  t.equal(overruns.length, 2);
  await queue.empty();
});

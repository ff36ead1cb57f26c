import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openInbox } from "../../../device/messaging/bounded-queue.ts";

/** An inbox of texts, each as large as it is long. */
function textInbox(most: number, mostBytes: number, handle: (text: string) => Promise<void> = () => sleep(5)) {
  const overruns: object[] = [];
  const overrun = (waiting: object) => void overruns.push(waiting);
  const sizeOf = ({ length }: string) => length;
  return { overruns, inbox: openInbox({ most, mostBytes, sizeOf, handle, overrun }) };
}

t.test("messages are handled one after the other, in order", async (t) => {
  const done: string[] = [];
  const { inbox } = textInbox(10, 1_000, async (message) => {
    done.push(`${message} begins`);
    await sleep(5);
    done.push(`${message} ends`);
  });
  inbox.add("a");
  inbox.add("b");
  await inbox.empty();
  t.same(done, ["a begins", "a ends", "b begins", "b ends"]);
});

t.test("a full inbox takes no more until there is room again", async (t) => {
  const { inbox } = textInbox(2, 1_000);
  t.same([inbox.add("a"), inbox.add("b"), inbox.add("c")], [true, true, false]);
  await inbox.empty();
  t.equal(inbox.add("d"), true);
  await inbox.empty();
});

t.test("few large messages fill it as many small ones do", async (t) => {
  const { inbox } = textInbox(10, 8);
  const added = ["12345", "1234", "123", "1"].map(inbox.add);
  t.same(added, [true, false, true, false], "what still fits is taken");
  await inbox.empty();
  t.same(["12345678", "1"].map(inbox.add), [true, false], "handled, they weigh nothing");
  await inbox.empty();
});

t.test("that messages are left is told once, until one is taken again", async (t) => {
  const { inbox, overruns } = textInbox(1, 1_000);
  for (const message of ["ab", "c", "d"]) inbox.add(message);
  t.same(overruns, [{ waiting: 1, bytes: 2 }]);
  await inbox.empty();
  for (const message of ["e", "f"]) inbox.add(message);
  t.equal(overruns.length, 2);
  await inbox.empty();
});

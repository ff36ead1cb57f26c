import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openInbox } from "../../device/inbox.ts";

t.test("messages are handled one after the other, in order", async (t) => {
  const done: string[] = [];
  const inbox = openInbox<string>(10, async (message) => {
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
  const inbox = openInbox<number>(2, () => sleep(5));
  t.same([inbox.add(1), inbox.add(2), inbox.add(3)], [true, true, false]);
  await inbox.empty();
  t.equal(inbox.add(4), true);
  await inbox.empty();
});

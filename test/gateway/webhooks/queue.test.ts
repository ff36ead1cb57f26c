import t from "tap";
import { openQueue, type Queue } from "../../../gateway/webhooks/queue.ts";
import { openTestDatabase } from "../../support/test-database.ts";

t.test("several processes may open the queue of a new database at the same moment", async (t) => {
  const { database } = await openTestDatabase(t);
  const failedToTidy = (error: unknown) => void t.error(error);
  const options = { database, endpoints: ["crm", "billing"], tries: 3, expireSeconds: 15, failedToTidy };
  const opened = await Promise.allSettled(Array.from({ length: 4 }, () => openQueue(options)));
  const queues = opened.filter((one): one is PromiseFulfilledResult<Queue> => one.status === "fulfilled");
  await Promise.all(queues.map(({ value }) => value[Symbol.asyncDispose]()));
  t.same(
    opened.map(({ status }) => status),
    ["fulfilled", "fulfilled", "fulfilled", "fulfilled"],
  );
});

import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { repeat } from "../../../device/process/repeat.ts";

t.test("work is repeated until it is disposed, and work that runs is waited for", async (t) => {
  let [begun, ended] = [0, 0];
  const repeated = repeat(1, async () => {
    begun++;
    await sleep(5);
    ended++;
  });
  while (begun < 3) await sleep(1);
  await repeated[Symbol.asyncDispose]();
  t.equal(ended, begun);
  const done = ended;
  await sleep(20);
  t.equal(begun, done, "nothing begins after the end");
});

t.test("disposal does not wait for the end of a pause", async (t) => {
  let times = 0;
  const repeated = repeat(60_000, async () => void times++);
  await sleep(5);
  await repeated[Symbol.asyncDispose]();
  t.equal(times, 1);
});

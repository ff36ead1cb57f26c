import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Queries } from "../../../gateway/database/database.ts";
import { openEndings } from "../../../gateway/verifications/endings.ts";

/** A database in which no verification has ended. */
const NONE_ENDED: Queries = { query: async () => [], run: async () => undefined };
const ONE = { device: "camera", id: "first" } as const;
const never = new AbortController().signal;
/** Who is forgotten would wait for as long as the runner allows. */
const SOON = { timeout: 30_000 };
const failed = (error: unknown) => t.fail(String(error));

t.test("a caller waits until its verification has ended", SOON, async (t) => {
  await using endings = openEndings(NONE_ENDED, failed);
  let resolved = false;
  const waited = endings.wait(ONE.device, ONE.id, never).then(() => {
    resolved = true;
  });
  endings.ended([{ device: "camera", id: "other" }]);
  await sleep(20);
  t.notOk(resolved, "the end of another one is not its end");
  endings.ended([ONE]);
  await waited;
});

t.test("a caller that comes while another leaves waits, too", SOON, async (t) => {
  await using endings = openEndings(NONE_ENDED, failed);
  const first = endings.wait(ONE.device, ONE.id, never);
  endings.ended([ONE]);
  const second = endings.wait(ONE.device, ONE.id, never);
  await first;
  endings.ended([ONE]);
  t.equal(await Promise.race([second.then(() => "resolved"), sleep(5_000, "forgotten", { ref: false })]), "resolved");
});

t.test("a caller that is gone waits no longer, and the others do", SOON, async (t) => {
  await using endings = openEndings(NONE_ENDED, failed);
  const leaves = new AbortController();
  let resolved = false;
  const gone = endings.wait(ONE.device, ONE.id, leaves.signal);
  const stays = endings.wait(ONE.device, ONE.id, never).then(() => {
    resolved = true;
  });
  leaves.abort();
  await gone;
  await sleep(20);
  t.notOk(resolved, "the other one still waits");
  endings.ended([ONE]);
  await stays;
});

t.test("whoever waits when the gateway ends is told", SOON, async (t) => {
  const endings = openEndings(NONE_ENDED, failed);
  const waited = endings.wait(ONE.device, ONE.id, never);
  await endings[Symbol.asyncDispose]();
  await waited;
  t.pass("it has resolved");
});

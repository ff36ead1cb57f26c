import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { DatabaseAway } from "../../../gateway/database/away.ts";
import { openLatest } from "../../../gateway/ingest/latest.ts";
import { until } from "../../support/until.ts";

/** A database that is away until it is back. */
function outage() {
  let isAway = true;
  const kept: string[] = [];
  const failures: unknown[] = [];
  return {
    kept,
    failures,
    end: () => {
      isAway = false;
    },
    keep: (what: string) => async () => {
      if (isAway) throw new DatabaseAway("away");
      kept.push(what);
    },
    failed: (error: unknown) => void failures.push(error),
  };
}
const never = new AbortController().signal;

t.test("the newest message of each camera and kind outlasts an outage of the database", async (t) => {
  const { keep, kept, failed, failures, end } = outage();
  const latest = openLatest(failed, never);
  await latest("a", "status", keep("a offline"));
  await latest("a", "health", keep("a healthy"));
  await latest("b", "status", keep("b ready"));
  await latest("a", "status", keep("a ready"));
  t.same(kept, []);
  t.match(failures, [DatabaseAway], "it is said once");
  end();
  t.ok(await until(() => kept.length === 3));
  t.same(kept, ["a ready", "a healthy", "b ready"]);
  await latest("b", "status", keep("b busy"));
  t.equal(kept.at(-1), "b busy", "then work is done at once again");
});

t.test("a message that comes while an older one is stored is stored after it", async (t) => {
  const { keep, kept, failed, end } = outage();
  const latest = openLatest(failed, never);
  let store: () => void = () => undefined;
  await latest("a", "status", async () => {
    await keep("offline")();
    await new Promise<void>((resolve) => {
      store = resolve;
    });
  });
  end();
  t.ok(await until(() => kept.length === 1));
  await latest("a", "status", keep("ready"));
  store();
  t.ok(await until(() => kept.length === 2));
  t.same(kept, ["offline", "ready"]);
});

t.test("the work of one camera is done in turn, that of others meanwhile", async (t) => {
  const latest = openLatest(() => undefined, never);
  const done: string[] = [];
  let go: () => void = () => undefined;
  const first = latest("a", "status", async () => {
    await new Promise<void>((resolve) => {
      go = resolve;
    });
    done.push("old");
  });
  const second = latest("a", "status", async () => void done.push("new"));
  await latest("b", "status", async () => void done.push("other"));
  t.same(done, ["other"]);
  go();
  await Promise.all([first, second]);
  t.same(done, ["other", "old", "new"]);
});

t.test("beyond the bound, messages are held back and none is lost", async (t) => {
  const { keep, kept, failed, end } = outage();
  const latest = openLatest(failed, never, 1);
  await latest("a", "status", keep("a"));
  const held = latest("b", "status", keep("b"));
  await latest("a", "status", keep("a again"));
  t.equal(await Promise.race([held.then(() => "taken"), sleep(50, "held")]), "held");
  end();
  await held;
  t.same(kept, ["a again", "b"]);
});

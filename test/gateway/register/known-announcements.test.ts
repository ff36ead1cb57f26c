import t from "tap";
import { keepUnproven } from "../../../gateway/archive/unproven.ts";
import { keepHealth } from "../../../gateway/register/fleet.ts";
import { openKnownAnnouncements } from "../../../gateway/register/known-announcements.ts";
import { keepIdentity, keepStatus } from "../../../gateway/register/register.ts";
import type { Status } from "../../../protocol/messages/contract.ts";
import type { Health } from "../../../protocol/messages/metrics.ts";
import { signingDevice } from "../../support/signing-device.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);
const failures: unknown[] = [];
const known = openKnownAnnouncements(database, (error) => failures.push(error));
t.teardown(() => known[Symbol.asyncDispose]());
const { identity } = await signingDevice("counter-1");
const health: Health = {
  ...{ v: 1, device: "counter-1", state: "healthy", codes: [], atMs: 1_000, software: "0", metrics: {} },
};
const status: Status = { v: 1, device: "counter-1", state: "ready", faults: [] };

t.test("what the register has is known; what is new or another is not", async (t) => {
  const all = () =>
    Promise.all([
      known.isKnown({ kind: "identity", content: identity }),
      known.isKnown({ kind: "status", content: status }),
      known.isKnown({ kind: "health", content: health }),
    ]);
  t.same(await all(), [false, false, false]);
  await keepIdentity(database, identity, "first_seen");
  await keepStatus(database, status, "first_seen");
  await keepHealth(database, health);
  t.same(await all(), [true, true, true]);
  t.notOk(await known.isKnown({ kind: "health", content: { ...health, atMs: 2_000 } }));
  t.notOk(await known.isKnown({ kind: "identity", content: { ...identity, software: "1" } }));
  t.notOk(await known.isKnown({ kind: "status", content: { ...status, state: "busy" } }));
});

t.test("what the database refuses fails nothing of others", async (t) => {
  const hostile = { ...identity, device: "counter-2", software: "\0" };
  const [bad, good] = await Promise.all([
    known.isKnown({ kind: "identity", content: hostile }),
    known.isKnown({ kind: "identity", content: identity }),
  ]);
  t.same([bad, good, failures], [false, true, []]);
});

t.test("an identity for which tokens wait is taken as a new one", async (t) => {
  await keepUnproven(database, { device: "counter-1", token: "a.b.c", why: "test" });
  t.notOk(await known.isKnown({ kind: "identity", content: identity }));
});

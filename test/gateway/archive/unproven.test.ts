import t from "tap";
import { forgetUnproven, keepUnproven, UNPROVEN_KEPT_DAYS, unprovenOf } from "../../../gateway/archive/unproven.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);

t.test("old tokens of names that are no camera's are forgotten; a camera's own stay", async (t) => {
  await database.query("insert into cameras (device) values ('counter-1')");
  for (const device of ["counter-1", "stranger"]) await keepUnproven(database, { device, token: "a.b.c", why: "key" });
  await forgetUnproven(database);
  t.same(await unprovenOf(database, "stranger"), ["a.b.c"], "not yet");
  await database.query("update unproven set received_at = now() - make_interval(days => $1)", [UNPROVEN_KEPT_DAYS + 1]);
  await forgetUnproven(database);
  t.same(await unprovenOf(database, "stranger"), []);
  t.same(await unprovenOf(database, "counter-1"), ["a.b.c"]);
});

import t from "tap";
import { DevelopmentDatabase, isMigrated, migrate } from "../../../gateway/database/migrate.ts";
import { startFailure } from "../../../gateway/process/start-failure.ts";
import { openTestDatabase } from "../../support/test-database.ts";

t.test("a database of a development version is refused with what to do, and is not changed", async (t) => {
  const { database } = await openTestDatabase(t);
  t.equal(await isMigrated(database), true);
  await database.run("delete from schema_version; insert into schema_version (version, name) values (7, 'rollouts')");
  const error = await migrate(database).then(
    () => t.fail("it is migrated"),
    (error: unknown) => error,
  );
  t.ok(error instanceof DevelopmentDatabase);
  t.match(startFailure(error), { text: /step 7[\s\S]*an empty database/, code: 2 });
  await t.rejects(isMigrated(database), DevelopmentDatabase, "--check finds it, too");
  t.match(await database.query("select version from schema_version"), [{ version: /^7$/ }]);
});

t.test("a migration that fails leaves no table behind, and says why it failed", async (t) => {
  const { database } = await openTestDatabase(t);
  await database.run("drop schema public cascade; create schema public; create table webhook_outbox (id int)");
  await t.rejects(migrate(database), /webhook_outbox/);
  t.same(await database.query("select table_name from information_schema.tables where table_schema = 'public'"), [
    { table_name: "webhook_outbox" },
  ]);
  await database.run("drop table webhook_outbox");
  await migrate(database);
  t.equal(await isMigrated(database), true);
});

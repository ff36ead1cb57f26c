import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Postgrator from "postgrator";
import type { Database, Queries, Row } from "./database.ts";

/** The key of the advisory lock for migrations, unique in this database. */
const LOCK = 5_620_261_128;
const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), "migrations", "*.do.*.js");

/** Brings the tables up to date. Of several processes that start at once, one does it and the others wait for it. */
export async function migrate(database: Database): Promise<void> {
  await database.session(async (session) => {
    await session.query("select pg_advisory_lock($1)", [LOCK]);
    try {
      await migrator(session).migrate();
    } finally {
      await session.query("select pg_advisory_unlock($1)", [LOCK]);
    }
  });
}

/** Whether the tables are those that this software needs. */
export async function isMigrated(database: Database): Promise<boolean> {
  const tool = migrator(database);
  return (await tool.getDatabaseVersion()) === (await tool.getMaxVersion());
}

function migrator(queries: Queries): Postgrator {
  return new Postgrator({
    driver: "pg",
    migrationPattern: MIGRATIONS.replaceAll("\\", "/"),
    schemaTable: "schema_version",
    execQuery: async (query) => ({ rows: [...(await queries.query<Row>(query))] }),
    execSqlScript: (script) => queries.run(script),
  });
}

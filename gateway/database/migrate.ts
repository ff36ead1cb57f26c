import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import Postgrator from "postgrator";
import type { Database, Queries, Row } from "./database.ts";
import { exclusively } from "./exclusively.ts";

/** From 10 on: an old build may still have the migrations 1 to 9 of development versions. */
const MIGRATIONS = join(dirname(fileURLToPath(import.meta.url)), "migrations", "0[1-9]?.do.*.js");

/** The first migration of a released version. */
const FIRST_RELEASED = 10;

/** A database of a development version, which no migration can upgrade. */
export class DevelopmentDatabase extends Error {
  override readonly name = "DevelopmentDatabase";
  constructor(version: number) {
    super(
      `A development version of the gateway made this database (step ${version}). This version cannot upgrade it.
Keep the build that made it, or give this version an empty database: a new one on the server, or with the embedded database,
another MATCHLIGHT_GATEWAY_DATA with the keys of the old folder. End or take back rollouts with the old build first. Register the
cameras again before cameras connect (shop and pin; MATCHLIGHT_GATEWAY_ENROLMENT=registered), because an empty register pins each
camera to the first key that it sees. The gateway asks cameras for the reports that they still have. Other reports exist only in the
old database: keep it.`,
    );
  }
}

/**
 * Brings the tables up to date, or changes nothing: all steps are one transaction. When several processes start at once, one applies
 * the migrations and the others wait. Throws DevelopmentDatabase, or what the database throws.
 */
export async function migrate(database: Database): Promise<void> {
  await exclusively(database, async (session) => {
    const tool = migrator(session);
    await requireReleased(tool);
    await inTransaction(session, () => tool.migrate());
  });
}

async function inTransaction(session: Queries, work: () => Promise<unknown>): Promise<void> {
  await session.query("begin");
  try {
    await work();
    await session.query("commit");
  } catch (error) {
    await session.query("rollback");
    throw error;
  }
}

/** Whether the tables are those of this version. Throws DevelopmentDatabase. */
export async function isMigrated(database: Database): Promise<boolean> {
  const tool = migrator(database);
  return (await requireReleased(tool)) === (await tool.getMaxVersion());
}

async function requireReleased(tool: Postgrator): Promise<number> {
  const version = await tool.getDatabaseVersion();
  if (version > 0 && version < FIRST_RELEASED) throw new DevelopmentDatabase(version);
  return version;
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

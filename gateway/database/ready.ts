import { join } from "node:path";
import type { Resources } from "../../protocol/common/disposable-stack.ts";
import type { Log } from "../process/log.ts";
import type { Settings } from "../settings/settings.ts";
import type { Database } from "./database.ts";
import { openEmbedded } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import { keepPartitions, makePartitions } from "./partitions.ts";
import { openPostgres } from "./server.ts";

/** Opens a database that has the newest tables, and the partitions of the days to come. */
export async function openReadyDatabase(settings: Settings, log: Log, opened: Resources): Promise<Database> {
  const database = opened.use(await openDatabase(settings, log));
  await migrate(database);
  await makePartitions(database);
  opened.use(keepPartitions(database, (error) => log.error({ event: "partitions_failed", err: error })));
  return database;
}

async function openDatabase({ database, dataFolder }: Settings, log: Log): Promise<Database> {
  if (database === "embedded") return openEmbedded(join(dataFolder, "database"));
  return openPostgres(database, (error) => log.warn({ event: "database_lost", reason: error.message }));
}

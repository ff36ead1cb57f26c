import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import root, { type Test } from "tap";
import type { Database } from "../../gateway/database/database.ts";
import { openEmbedded } from "../../gateway/database/embedded.ts";
import { migrate } from "../../gateway/database/migrate.ts";
import { makePartitions } from "../../gateway/database/partitions.ts";
import { openPostgres } from "../../gateway/database/server.ts";
import { startPostgres } from "./postgres.ts";

const CONNECT_WITHIN_MS = 60_000;

/** A database with the gateway's tables: one of Debian's server where it is installed, else the embedded one. */
export async function openTestDatabase(t: Test): Promise<{ readonly database: Database; readonly url: string }> {
  const url = await newDatabase();
  const database = url ? openPatiently(url) : await openEmbedded(join(await temporaryFolder(t), "pg"));
  t.teardown(() => database[Symbol.asyncDispose]());
  await migrate(database);
  await makePartitions(database);
  return { database, url: url?.href ?? "embedded" };
}

async function temporaryFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-database-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that is reached in the end, however seldom this process gets its turn. */
function openPatiently(url: URL): Database {
  return openPostgres(url, () => undefined, CONNECT_WITHIN_MS);
}

/** The server that the test files of one process share: to make one takes longer than most of them. */
let server: ReturnType<typeof startPostgres> | undefined;

/** The address of a new and empty database; undefined where PostgreSQL is not installed. */
async function newDatabase(): Promise<URL | undefined> {
  if (!server) {
    server = startPostgres(undefined, ["-c", "max_connections=100"]);
    const started = server;
    root.teardown(async () => (await started)?.[Symbol.asyncDispose]());
  }
  const shared = await server;
  if (!shared) return undefined;
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  await using first = openPatiently(shared.url);
  await first.query(`create database ${name}`);
  return new URL(`/${name}`, shared.url);
}

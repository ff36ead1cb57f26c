import type { Database, Queries } from "./database.ts";

/** The key of the advisory lock, unique in this database. */
const LOCK = 5_620_261_128;

/**
 * Does work that makes or changes tables, in one session. Of several processes that start at once, one works and the others wait:
 * PostgreSQL's `create … if not exists` fails when two sessions run it at the same moment.
 */
export function exclusively<T>(database: Database, work: (session: Queries) => Promise<T>): Promise<T> {
  return database.session(async (session) => {
    await session.query("select pg_advisory_lock($1)", [LOCK]);
    try {
      return await work(session);
    } finally {
      await session.query("select pg_advisory_unlock($1)", [LOCK]);
    }
  });
}

import { Pool, type PoolClient } from "pg";
import { orAway } from "./away.ts";
import type { Database, Queries, Row } from "./database.ts";

/** The largest number of statements that one process runs at the same time. */
export const CONNECTIONS = 10;
export const CONNECT_WITHIN_MS = 5_000;
/** A statement that takes longer fails, and its caller repeats it. */
export const STATEMENT_WITHIN_MS = 30_000;

/**
 * Opens a pool of connections to a PostgreSQL server. While the server is unreachable, statements throw DatabaseAway; each new
 * statement tries to connect again.
 */
export function openPostgres(url: URL, lost: (error: Error) => void, connectWithinMs = CONNECT_WITHIN_MS): Database {
  const pool = new Pool({
    connectionString: url.href,
    max: CONNECTIONS,
    connectionTimeoutMillis: connectWithinMs,
    statement_timeout: STATEMENT_WITHIN_MS,
    query_timeout: STATEMENT_WITHIN_MS + connectWithinMs,
    keepAlive: true,
    application_name: "matchlight-gateway",
  });
  // An idle connection was lost. The pool removes it.
  pool.on("error", lost);
  return {
    kind: "server",
    ...queriesOf(pool),
    async session(work) {
      const client = await orAway(pool.connect());
      try {
        return await work(queriesOf(client));
      } finally {
        client.release();
      }
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

function queriesOf(to: Pool | PoolClient): Queries {
  return {
    query: async <R extends Row>(text: string, values: readonly unknown[] = []) =>
      (await orAway(to.query<R>(text, [...values]))).rows,
    run: async (script) => void (await orAway(to.query(script))),
  };
}

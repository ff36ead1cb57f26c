/** The database does not answer, or cannot work now. The same statement may succeed later. */
export class DatabaseAway extends Error {
  override readonly name = "DatabaseAway";
}

/** PostgreSQL's code for a statement that took too long. Another statement may work meanwhile. */
const CANCELED = "57014";

/** Whether the database works, but this statement took too long, for example because of a lock. */
export function isSlow({ cause }: DatabaseAway): boolean {
  return (cause as { readonly code?: unknown } | undefined)?.code === CANCELED;
}

/** Gives the result of a driver's work. Throws DatabaseAway for a failure that passes, otherwise what the driver throws. */
export async function orAway<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isAway(error)) throw error;
    const { message, code } = error as { readonly message?: string; readonly code?: string };
    // An AggregateError of Node, of several addresses that refuse, has only a code.
    throw new DatabaseAway(`the database does not answer: ${message || code}`, { cause: error });
  }
}

/** Pure. */
function isAway(error: unknown): boolean {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return typeof code === "string" ? AWAY_CODES.test(code) : typeof message === "string" && AWAY_WORDS.test(message);
}

/**
 * Node's codes for a network that fails; PostgreSQL's classes 08 (connection), 53 (no resources) and 57 (operator intervention);
 * and 25006: after a failover, an old address may lead to a server that only reads.
 */
const AWAY_CODES = /^(ECONN|EPIPE|ENOTFOUND|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|08|53|57|25006)/;
/** Errors of the driver `pg` that have no code. */
const AWAY_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error)/;

import type { Database, Queries } from "./database.ts";
import { exclusively } from "./exclusively.ts";

/** Partitions are made this many months in advance, to leave time for a repair if making one fails. */
const AHEAD = 2;

/** Makes the partitions of this month and the next ones. The operator drops old partitions; the runbook says how. */
export function makePartitions(database: Database, now = new Date()): Promise<void> {
  return exclusively(database, (session) => makeMonths(session, now));
}

async function makeMonths(queries: Queries, now: Date): Promise<void> {
  for (let month = 0; month <= AHEAD; month++) {
    const [from, to] = [monthAfter(now, month), monthAfter(now, month + 1)];
    const name = `reports_${from.slice(0, 7).replace("-", "_")}`;
    await queries.run(
      `create table if not exists ${name} partition of reports for values from ('${from}') to ('${to}')`,
    );
  }
}

/** Makes partitions at regular times, for a process that runs for months. */
export function keepPartitions(
  database: Database,
  failed: (error: unknown) => void,
  everyMs = 6 * 3_600_000,
): AsyncDisposable {
  const again = setInterval(() => void makePartitions(database).catch(failed), everyMs);
  return { [Symbol.asyncDispose]: async () => clearInterval(again) };
}

/** The first day of the month that is this many months later, in ISO 8601. */
export function monthAfter(now: Date, months: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString().slice(0, 10);
}

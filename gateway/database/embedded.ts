import { mkdir } from "node:fs/promises";
import { PGlite } from "@electric-sql/pglite";
import { orAway } from "./away.ts";
import type { Database, Queries, Row } from "./database.ts";

/** Opens PostgreSQL in this process, with its data in a folder. Only one process at a time may open a folder. */
export async function openEmbedded(folder: string): Promise<Database> {
  await mkdir(folder, { recursive: true });
  const pglite = await PGlite.create(folder);
  const queries: Queries = {
    async query<R extends Row>(text: string, values: readonly unknown[] = []) {
      return (await orAway(pglite.query<R>(text, [...values]))).rows;
    },
    run: async (script) => void (await orAway(pglite.exec(script))),
  };
  return {
    kind: "embedded",
    ...queries,
    session: (work) => work(queries),
    [Symbol.asyncDispose]: () => pglite.close(),
  };
}

import type { Identity, Status } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { type Batches, openBatches } from "../archive/batches.ts";
import type { Queries } from "../database/database.ts";

/** What cameras have left at the broker, by its column in the register. */
export type Announced =
  | { readonly kind: "identity"; readonly content: Identity }
  | { readonly kind: "status"; readonly content: Status }
  | { readonly kind: "health"; readonly content: Health };

/**
 * Whether the register has an announcement already. A gateway that starts gets all that a fleet has left at the broker: what
 * is known was checked when it was kept, and is neither checked nor written again.
 */
export interface KnownAnnouncements extends AsyncDisposable {
  /** False also if it is not known; the announcement is then treated as new. */
  isKnown(announced: Announced): Promise<boolean>;
}

interface Asked {
  readonly kind: Announced["kind"];
  readonly device: string;
  readonly json: string;
  readonly answer: (known: boolean) => void;
}

const BATCH = 200;
/** Escapes that JSON has and jsonb refuses, which would fail a batch with the announcements of others. */
const NOT_FOR_JSONB = /\\u(0000|d[89a-f])/i;

export function openKnownAnnouncements(queries: Queries, failed: (error: unknown) => void): KnownAnnouncements {
  const batches: Batches<Asked> = openBatches({
    most: BATCH,
    failed,
    async work(asked) {
      const known = await findKnown(queries, asked).catch((error: unknown) => {
        failed(error);
        return new Set<number>();
      });
      for (const [i, { answer }] of asked.entries()) answer(known.has(i + 1));
    },
  });
  return {
    async isKnown({ kind, content }) {
      const json = JSON.stringify(content);
      if (NOT_FOR_JSONB.test(json)) return false;
      return new Promise<boolean>((answer) => {
        void batches.add({ kind, device: content.device, json, answer });
      });
    },
    [Symbol.asyncDispose]: () => batches[Symbol.asyncDispose](),
  };
}

/** The places in the batch, from 1 on, of what is there. An identity for which tokens wait is taken as a new one. */
async function findKnown(queries: Queries, asked: readonly Asked[]): Promise<ReadonlySet<number>> {
  const rows = await queries.query<{ readonly at: number }>(
    `select a.at::int as at
      from unnest($1::text[], $2::text[], $3::jsonb[]) with ordinality as a (kind, device, content, at)
      join cameras c using (device)
      where a.content = case a.kind when 'identity' then c.identity when 'status' then c.status else c.health end
        and not (a.kind = 'identity' and exists (select 1 from unproven u where u.device = a.device))`,
    [asked.map(({ kind }) => kind), asked.map(({ device }) => device), asked.map(({ json }) => json)],
  );
  return new Set(rows.map(({ at }) => at));
}

import type { Identity, Status } from "../../protocol/messages/contract.ts";
import type { Health } from "../../protocol/messages/metrics.ts";
import { type Batches, openBatches } from "../archive/batches.ts";
import type { Queries } from "../database/database.ts";

/** The retained messages of cameras, by their column in the register. */
export type Announced =
  | { readonly kind: "identity"; readonly content: Identity }
  | { readonly kind: "status"; readonly content: Status }
  | { readonly kind: "health"; readonly content: Health };

/**
 * Finds out whether the register already has a retained message. A gateway that starts receives the retained messages of the
 * whole fleet; messages that were checked and stored before are not checked and written again.
 */
export interface KnownAnnouncements extends AsyncDisposable {
  /** False also when the answer is unknown; the message is then handled as new. */
  isKnown(announced: Announced): Promise<boolean>;
}

interface Asked {
  readonly kind: Announced["kind"];
  readonly device: string;
  readonly json: string;
  readonly answer: (known: boolean) => void;
}

const BATCH = 200;
/** Escapes that JSON allows and jsonb refuses. One of them would fail a whole batch. */
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

/**
 * The positions in the batch, from 1, of messages that the register has. An identity counts as new while unproven tokens wait for
 * it.
 */
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

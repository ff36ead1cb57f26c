import type { Health } from "../../protocol/messages/metrics.ts";
import type { Queries } from "../database/database.ts";
import type { Camera } from "./register.ts";

/**
 * A camera and the reasons why it needs attention: `unknown`, `offline`, `faulty`, `faults`, `degraded`, `unhealthy`,
 * `certificate_ends`.
 */
export interface FleetCamera extends Camera {
  readonly health: Health | null;
  readonly needs: readonly string[];
}

/** A certificate that ends within this time needs attention. */
const CERTIFICATE_DAYS = 30;

const NEEDS = `array_remove(array[
    case when status is null then 'unknown' when status->>'state' in ('offline', 'faulty') then status->>'state' end,
    case when jsonb_array_length(coalesce(status->'faults', '[]')) > 0 then 'faults' end,
    case when health->>'state' <> 'healthy' then health->>'state' end,
    case when certificate_ends < now() + interval '${CERTIFICATE_DAYS} days' then 'certificate_ends' end
  ], null)`;

const FLEET = `(select device, shop, pin, identity, status, health, seen_at as "seenAt",
  certificate_ends as "certificateEnds", ${NEEDS} as needs from cameras) as fleet`;

type FleetRow = { readonly [N in keyof FleetCamera]: FleetCamera[N] };

export interface FleetPage {
  readonly after: string;
  readonly limit: number;
  /** Only cameras that need attention. */
  readonly needing: boolean;
}

/** A page of the fleet, sorted by name, after the name `after`. */
export function listFleet(queries: Queries, { after, limit, needing }: FleetPage): Promise<readonly FleetCamera[]> {
  return queries.query<FleetRow>(
    `select * from ${FLEET} where device > $1 and (not $2::boolean or cardinality(needs) > 0) order by device limit $3`,
    [after, needing, limit],
  );
}

export async function findInFleet(queries: Queries, device: string): Promise<FleetCamera | undefined> {
  const [row] = await queries.query<FleetRow>(`select * from ${FLEET} where device = $1`, [device]);
  return row;
}

/** Counts all cameras, and those that need attention. */
export async function countFleet(queries: Queries): Promise<{ readonly cameras: number; readonly needing: number }> {
  const [row] = await queries.query<{ readonly cameras: number; readonly needing: number }>(
    `select count(*)::int as cameras, (count(*) filter (where cardinality(needs) > 0))::int as needing from ${FLEET}`,
  );
  return row ?? { cameras: 0, needing: 0 };
}

/** A camera's clock may have been ahead. A stored message from the future must not block all later ones. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Stores the latest health of a known camera. An older message than the stored one is ignored, unless the stored one is from the
 * future.
 */
export async function keepHealth(queries: Queries, health: Health): Promise<void> {
  await queries.query(
    `update cameras set health = $2 where device = $1
      and (coalesce((health->>'atMs')::double precision, 0) <= $3 or (health->>'atMs')::double precision > $4)`,
    [health.device, JSON.stringify(health), health.atMs, Date.now() + CLOCK_SKEW_MS],
  );
}

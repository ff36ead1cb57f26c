import type { Health } from "../../protocol/messages/metrics.ts";
import type { Queries } from "../database/database.ts";
import type { Camera } from "./register.ts";

/** A camera with what somebody should look at: `unknown`, `offline`, `faulty`, `faults`, `degraded`, `unhealthy`, `certificate_ends`. */
export interface FleetCamera extends Camera {
  readonly health: Health | null;
  readonly needs: readonly string[];
}

/** A certificate that ends sooner than this needs somebody. */
export const CERTIFICATE_DAYS = 30;

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
  /** Only those that need somebody. */
  readonly needing: boolean;
}

/** A page of the fleet by name, beginning behind `after`. */
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

/** How many cameras there are, and how many need somebody. */
export async function countFleet(queries: Queries): Promise<{ readonly cameras: number; readonly needing: number }> {
  const [row] = await queries.query<{ readonly cameras: number; readonly needing: number }>(
    `select count(*)::int as cameras, (count(*) filter (where cardinality(needs) > 0))::int as needing from ${FLEET}`,
  );
  return row ?? { cameras: 0, needing: 0 };
}

/** A camera whose clock was wrong, and is set now, must not seem to speak of the past for ever. */
const CLOCK_SKEW_MS = 60_000;

/**
 * Keeps the last health of a camera that is known. An older message than the one that is kept changes nothing, unless the
 * one that is kept is from the future.
 */
export async function keepHealth(queries: Queries, health: Health): Promise<void> {
  await queries.query(
    `update cameras set health = $2 where device = $1
      and (coalesce((health->>'atMs')::double precision, 0) <= $3 or (health->>'atMs')::double precision > $4)`,
    [health.device, JSON.stringify(health), health.atMs, Date.now() + CLOCK_SKEW_MS],
  );
}

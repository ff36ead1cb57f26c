import type { Identity, Status } from "../../protocol/messages/contract.ts";
import type { Queries } from "../database/database.ts";

/** A camera in the carrier's register. */
export interface Camera {
  readonly device: string;
  readonly shop: string | null;
  /** The required thumbprint of its signing key. */
  readonly pin: string | null;
  readonly identity: Identity | null;
  readonly status: Status | null;
  readonly seenAt: Date | null;
  readonly certificateEnds: Date | null;
}

const COLUMNS = `device, shop, pin, identity, status, seen_at as "seenAt", certificate_ends as "certificateEnds"`;

type CameraRow = { readonly [N in keyof Camera]: Camera[N] };

export async function findCamera(queries: Queries, device: string): Promise<Camera | undefined> {
  const [row] = await queries.query<CameraRow>(`select ${COLUMNS} from cameras where device = $1`, [device]);
  return row;
}

/** The cameras that a token may see: all, or those that it names, and those of shops that it names. */
export interface CameraFilter {
  readonly fleet: boolean;
  readonly cameras: readonly string[];
  readonly shops: readonly string[];
}

/** The SQL condition of a filter on `cameras c`. The filter's values are `$1` to `$3`. */
export const IN_SCOPE = "($1::boolean or c.device = any ($2::text[]) or c.shop = any ($3::text[]))";

export const scopeValues = ({ fleet, cameras, shops }: CameraFilter) => [fleet, cameras, shops] as const;

/** A page of cameras, sorted by name, after the name `after`. */
export function listCameras(
  queries: Queries,
  filter: CameraFilter,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly Camera[]> {
  return queries.query<CameraRow>(
    `select ${COLUMNS} from cameras c where ${IN_SCOPE} and device > $4 order by device limit $5`,
    [...scopeValues(filter), after, limit],
  );
}

/** The data of a camera that an enrolment gives. */
export interface Registration {
  readonly device: string;
  readonly shop?: string | undefined;
  readonly pin?: string | undefined;
  readonly certificateEnds?: string | undefined;
}

/** Registers cameras, or changes their registered data. An identity that does not match a new pin is deleted. */
export async function registerCameras(queries: Queries, cameras: readonly Registration[]): Promise<void> {
  await queries.query(
    `insert into cameras as c (device, shop, pin, certificate_ends, enrolled_at)
      select device, shop, pin, ends, now() from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])
        as r (device, shop, pin, ends)
      on conflict (device) do update set shop = coalesce(excluded.shop, c.shop), pin = coalesce(excluded.pin, c.pin),
        certificate_ends = coalesce(excluded.certificate_ends, c.certificate_ends),
        enrolled_at = coalesce(c.enrolled_at, now()),
        identity = case when excluded.pin is not null and excluded.pin is distinct from c.identity->'signing'->>'kid'
          then null else c.identity end`,
    [
      cameras.map(({ device }) => device),
      cameras.map(({ shop }) => shop ?? null),
      cameras.map(({ pin }) => pin ?? null),
      cameras.map(({ certificateEnds }) => certificateEnds ?? null),
    ],
  );
}

/** Whether unregistered cameras are accepted. Their first key is then pinned. */
export type Enrolment = "first_seen" | "registered";

/**
 * Stores an identity whose proof was checked, if it has the pinned key. False if it has not, or if the camera is unknown and may
 * not enrol.
 */
export async function keepIdentity(queries: Queries, identity: Identity, enrolment: Enrolment): Promise<boolean> {
  const { device, signing } = identity;
  if (enrolment === "first_seen") {
    await queries.query("insert into cameras (device, pin) values ($1, $2) on conflict do nothing", [
      device,
      signing.kid,
    ]);
  }
  const kept = await queries.query(
    `update cameras set identity = $2, seen_at = now(), pin = coalesce(pin, $3)
      where device = $1 and coalesce(pin, $3) = $3 returning device`,
    [device, JSON.stringify(identity), signing.kid],
  );
  return kept.length > 0;
}

/** Stores a camera's status and health. They are not signed, so they are only shown. */
export async function keepStatus(queries: Queries, status: Status, enrolment: Enrolment): Promise<void> {
  if (enrolment === "first_seen")
    await queries.query("insert into cameras (device) values ($1) on conflict do nothing", [status.device]);
  await queries.query(
    `update cameras set status = $2, seen_at = case when $3 then seen_at else now() end where device = $1`,
    [status.device, JSON.stringify(status), status.state === "offline"],
  );
}

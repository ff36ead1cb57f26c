import { z } from "zod";
import type { Queries } from "../database/database.ts";
import { readJson } from "../settings/files.ts";
import { SettingsRefused } from "../settings/settings.ts";
import { SECRET } from "./signature.ts";

/** The receivers of events. Only the gateway's settings name them; HTTP requests cannot. */
export interface Endpoint {
  readonly name: string;
  readonly url: string;
  readonly secrets: readonly string[];
}

/** The content of the file: the endpoints, and the names of removed ones. */
export interface Endpoints {
  readonly kept: readonly Endpoint[];
  readonly removed: readonly string[];
}

/** fetch refuses an address with credentials. */
function hasNoCredentials(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { username, password } = new URL(url);
  return username + password === "";
}

const name = z.string().regex(/^[a-z0-9-]{1,30}$/);

const entrySchema = z.discriminatedUnion("removed", [
  z.strictObject({
    name,
    url: z.url({ protocol: /^https?$/ }).refine(hasNoCredentials, "a user and a password in an address are never sent"),
    secrets: z.array(z.string().regex(SECRET, "a secret is whsec_ and 24 to 64 bytes in base64")).min(1).max(2),
    removed: z.literal(false).optional(),
  }),
  z.strictObject({ name, removed: z.literal(true) }),
]);

export const MOST_ENDPOINTS = 20;

const fileSchema = z
  .array(entrySchema)
  .max(MOST_ENDPOINTS)
  .refine((all) => new Set(all.map((one) => one.name)).size === all.length, "two endpoints have the same name");

/** Reads the endpoints from the file; none without a file. Throws SettingsRefused, which contains no secret. */
export async function loadEndpoints(file: string | undefined): Promise<Endpoints> {
  if (file === undefined) return { kept: [], removed: [] };
  const read = fileSchema.safeParse(await readJson<unknown>(file));
  if (!read.success) {
    const [first] = read.error.issues;
    throw new SettingsRefused(`${file} cannot be used: ${first?.path.join(".")}: ${first?.message}`);
  }
  return {
    kept: read.data.flatMap((entry) => (entry.removed ? [] : [entry])),
    removed: read.data.filter((entry) => entry.removed).map((entry) => entry.name),
  };
}

/**
 * Adds the endpoints of this process to the database, which then stores events for them, and deletes those that the file marks as
 * removed. Endpoints that the file does not name stay, because another process may know them. Returns the names of those.
 */
export async function announceEndpoints(queries: Queries, { kept, removed }: Endpoints): Promise<readonly string[]> {
  const names = kept.map((endpoint) => endpoint.name);
  await queries.query("delete from webhook_endpoints where name = any ($1::text[])", [removed]);
  await queries.query("delete from webhook_outbox where endpoint = any ($1::text[])", [removed]);
  await queries.query(
    "insert into webhook_endpoints (name) select unnest($1::text[]) on conflict (name) do update set seen_at = now()",
    [names],
  );
  const others = await queries.query<{ readonly name: string }>(
    "select name from webhook_endpoints where name <> all ($1::text[]) order by name",
    [names],
  );
  return others.map((other) => other.name);
}

import { z } from "zod";
import type { Queries } from "../database/database.ts";
import { readJson } from "../settings/files.ts";
import { SettingsRefused } from "../settings/settings.ts";
import { SECRET } from "./signature.ts";

/** Where events are sent. Only whoever runs the gateway can name one: a token cannot. */
export interface Endpoint {
  readonly name: string;
  readonly url: string;
  readonly secrets: readonly string[];
}

const endpointsSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z0-9-]{1,30}$/),
      url: z.url({ protocol: /^https?$/ }),
      secrets: z.array(z.string().regex(SECRET, "a secret is whsec_ and 24 to 64 bytes in base64")).min(1).max(2),
    }),
  )
  .max(20)
  .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, "two endpoints have one name");

/** Reads the file with the endpoints; none without a file. Throws SettingsRefused, which repeats no secret. */
export async function loadEndpoints(file: string | undefined): Promise<readonly Endpoint[]> {
  if (file === undefined) return [];
  const read = endpointsSchema.safeParse(await readJson<unknown>(file));
  if (read.success) return read.data;
  const [first] = read.error.issues;
  throw new SettingsRefused(`${file} cannot be used: ${first?.path.join(".")}: ${first?.message}`);
}

/** Tells the database which endpoints there are, so that events are kept for them: the last process that started says it. */
export async function announceEndpoints(queries: Queries, endpoints: readonly Endpoint[]): Promise<void> {
  const names = endpoints.map(({ name }) => name);
  await queries.query("delete from webhook_endpoints where name <> all ($1::text[])", [names]);
  await queries.query("insert into webhook_endpoints select unnest($1::text[]) on conflict do nothing", [names]);
}

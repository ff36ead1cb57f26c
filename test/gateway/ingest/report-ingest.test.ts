import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import type { Database } from "../../../gateway/database/database.ts";
import { openReportIngest } from "../../../gateway/ingest/report-ingest.ts";
import type { KnownKeys } from "../../../gateway/register/known-keys.ts";
import { digest, generatePrivateJwk, readKeySet, readPrivateKey, sign } from "../../../protocol/encoding/tokens.ts";
import { type Identity, TYPES } from "../../../protocol/messages/contract.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);
const jwk = await generatePrivateJwk("signing");
const key = await readPrivateKey(jwk, "signing");
const { d: _, ...publicJwk } = jwk;
const known = { identity: {} as Identity, keys: await readKeySet(publicJwk) };
const keys: KnownKeys = { of: async () => known, forget: () => undefined };

const report = (device: string, seq: number, change: object = {}) => ({
  ...{ v: 1, rid: randomUUID(), jti: `request-${seq}`, iss: device, iat: 1_000, seq, prev: null },
  ...{ decision: "match", threshold: 0.5, fmr: 0.001, frames: { looked: 1, used: 1 }, pack: { id: "a", hash: "b" } },
  ...{ software: "0", started: 1, finished: 2, clock: { synchronised: true } },
  ...change,
});
const refusal = (device: string, change: object = {}) => ({
  ...{ v: 1, iss: device, iat: 1_000, code: "busy", because: "", digest: digest("request") },
  ...change,
});

t.test("what a camera signs cannot hold up the reports of others", async (t) => {
  const failures: unknown[] = [];
  const unproven: string[] = [];
  await using ingest = openReportIngest({
    database,
    keys,
    events: {
      archived: () => undefined,
      refused: () => undefined,
      unproven: (device) => void unproven.push(device),
      delayed: (error) => void failures.push(error),
    },
  });
  const take = async (device: string, typ: string, claims: object) =>
    ingest.take(device, Buffer.from(await sign(claims, typ, key)));
  const nul = "\0".repeat(43);
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString("base64url");
  /** Whoever may write to one camera's topic needs no key for this. */
  const unsigned = (device: string, header: object) =>
    ingest.take(device, Buffer.from(`${part(header)}.${part(report(device, 1))}.c2ln`));
  const all = Promise.all([
    unsigned("hostile-4", { alg: nul, typ: TYPES.report }),
    take("hostile-5", nul, report("hostile-5", 1)),
    take("hostile-1", TYPES.report, report("hostile-1", 1, { prev: nul })),
    take("hostile-2", TYPES.refusal, refusal("hostile-2", { digest: nul })),
    take("hostile-3", TYPES.refusal, refusal("hostile-3", { because: nul })),
    take("honest", TYPES.report, report("honest", 1)),
  ]);
  t.equal(await Promise.race([all.then(() => "taken"), sleep(5_000, "held up", { ref: false })]), "taken");
  t.same(failures, []);
  t.same(unproven.sort(), ["hostile-1", "hostile-2", "hostile-4", "hostile-5"], "kept as tokens that prove nothing");
  t.same(await database.query("select device, seq::int from reports"), [{ device: "honest", seq: 1 }]);
});

t.test("a report whose camera announces itself while it is kept as unproven is archived", async (t) => {
  const archived: string[] = [];
  let announced = false;
  const late: KnownKeys = { of: async () => (announced ? known : undefined), forget: () => undefined };
  /** The identity is stored after the report was read, and its tokens are read again before the report is kept. */
  const between: Database = {
    ...database,
    async query(text, values) {
      if (text.startsWith("insert into unproven") && !announced) {
        announced = true;
        await ingest.identified("late");
      }
      return database.query(text, values);
    },
  };
  await using ingest = openReportIngest({
    database: between,
    keys: late,
    events: {
      archived: (reports) => archived.push(...reports.map(({ claims }) => claims.jti)),
      refused: () => undefined,
      unproven: () => undefined,
      delayed: (error) => t.error(error),
    },
  });
  await ingest.take("late", Buffer.from(await sign(report("late", 1), TYPES.report, key)));
  t.same(archived, ["request-1"]);
  t.same(await database.query("select 1 from unproven where device = 'late'"), []);
});

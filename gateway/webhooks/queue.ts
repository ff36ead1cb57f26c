import PgBoss from "pg-boss";
import type { Database } from "../database/database.ts";
import { exclusively } from "../database/exclusively.ts";

/** An event of a verification, and its endpoint. */
export interface Job {
  readonly event: string;
  readonly endpoint: string;
  readonly device: string;
  readonly id: string;
  readonly seq: number | null;
  readonly state: "reported" | "refused" | "unanswered";
  readonly at: string;
}

/** A job that was taken from the queue. If it is neither done nor failed in time, it returns to the queue. */
export interface TakenJob extends Job {
  readonly job: string;
}

/** Stores jobs in PostgreSQL, in a queue for each endpoint, so that an unreachable endpoint does not delay others. */
export interface Queue extends AsyncDisposable {
  /** Adding the same job twice adds it once. */
  add(jobs: readonly TakenJob[]): Promise<void>;
  take(endpoint: string, most: number): Promise<readonly TakenJob[]>;
  done(endpoint: string, jobs: readonly string[]): Promise<void>;
  /** The job is tried again later, or given up after its last attempt. */
  failed(endpoint: string, job: string, why: string): Promise<void>;
  /** Jobs that were given up, with their last failure. They are returned again until `buried`. */
  givenUp(most: number): Promise<readonly (TakenJob & { readonly why: string })[]>;
  buried(jobs: readonly string[]): Promise<void>;
  /** Deletes the jobs of an endpoint. */
  drop(endpoint: string): Promise<void>;
}

export interface QueueOptions {
  readonly database: Database;
  readonly endpoints: readonly string[];
  /** The number of attempts before a job is given up. */
  readonly tries: number;
  /** A job that is neither done nor failed for this time returns to the queue, because its process is dead. */
  readonly expireSeconds: number;
  readonly failedToTidy: (error: unknown) => void;
}

const SCHEMA = "webhook_jobs";
const DEAD = "dead";
const RETENTION_DAYS = 30;
const TIDY_EVERY_SECONDS = 5;
export const DONE_IS_KEPT_SECONDS = 600;

/** Opens the queue and makes its tables. Throws what the database throws. */
export async function openQueue(options: QueueOptions): Promise<Queue> {
  const boss = await exclusively(options.database, () => startBoss(options));
  return {
    async add(jobs) {
      if (jobs.length > 0)
        await boss.insert(jobs.map(({ job, ...data }) => ({ id: job, name: queueOf(data.endpoint), data })));
    },
    take: async (endpoint, most) =>
      (await boss.fetch<Job>(queueOf(endpoint), { batchSize: most })).map(({ id, data }) => ({ job: id, ...data })),
    async done(endpoint, jobs) {
      if (jobs.length > 0) await boss.complete(queueOf(endpoint), [...jobs]);
    },
    failed: (endpoint, job, why) => boss.fail(queueOf(endpoint), job, { why }),
    givenUp: async (most) =>
      (await boss.fetch<Job>(DEAD, { batchSize: most, includeMetadata: true })).map(({ id, data, output }) => ({
        job: id,
        ...data,
        why: whyOf(output),
      })),
    async buried(jobs) {
      if (jobs.length > 0) await boss.complete(DEAD, [...jobs]);
    },
    drop: (endpoint) => boss.purgeQueue(queueOf(endpoint)),
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false }),
  };
}

async function startBoss({ database, endpoints, tries, expireSeconds, failedToTidy }: QueueOptions): Promise<PgBoss> {
  const boss = new PgBoss({
    db: { executeSql: (text, values) => execute(database, text, values) },
    schema: SCHEMA,
    schedule: false,
    maintenanceIntervalSeconds: TIDY_EVERY_SECONDS,
    archiveCompletedAfterSeconds: DONE_IS_KEPT_SECONDS,
    deleteAfterSeconds: DONE_IS_KEPT_SECONDS,
  });
  boss.on("error", failedToTidy);
  await boss.start();
  await boss.createQueue(DEAD, { name: DEAD, retryLimit: 1_000, retentionDays: RETENTION_DAYS });
  for (const name of endpoints) {
    const settings = {
      name: queueOf(name),
      retryLimit: tries - 1,
      retryDelay: 1,
      retryBackoff: true,
      expireInSeconds: expireSeconds,
      retentionDays: RETENTION_DAYS,
      deadLetter: DEAD,
    };
    await boss.createQueue(settings.name, settings);
    await boss.updateQueue(settings.name, settings);
  }
  return boss;
}

const queueOf = (endpoint: string) => `to-${endpoint}`;

/** A process that was killed during a delivery leaves no reason. */
function whyOf(output: object | null): string {
  return output && "why" in output && typeof output.why === "string"
    ? output.why
    : "the process that sent it was ended";
}

/** Runs a statement of pg-boss. pg-boss sends scripts without values, and expects that a failed script changes nothing. */
async function execute(database: Database, text: string, values?: readonly unknown[]) {
  if (!/^\s*BEGIN/i.test(text)) return { rows: [...(await database.query(text, values ?? []))] };
  await database.session(async (session) => {
    try {
      await session.run(text);
    } catch (error) {
      await session.run("rollback");
      throw error;
    }
  });
  return { rows: [] };
}

import { setTimeout as sleep } from "node:timers/promises";
import { forgetUnproven } from "../archive/unproven.ts";
import type { Database } from "../database/database.ts";
import { countDeadLetters, forgetDeadLetters, keepDeadLetters } from "./dead-letters.ts";
import { type Deliver, openDeliver } from "./deliver.ts";
import { announceEndpoints, type Endpoint, type Endpoints } from "./endpoints.ts";
import { deliveriesOf } from "./events.ts";
import { type Forgotten, forgetUnseen, noteSeen } from "./forgotten.ts";
import { moveEvents, noteUnanswered } from "./outbox.ts";
import { openQueue, type Queue, type TakenJob } from "./queue.ts";

/** Sends events of ended verifications to the carrier's receivers. */
export interface Webhooks extends AsyncDisposable {
  /** A verification ended in this process: send its event now. */
  look(): void;
}

/** None of these may throw. */
export interface WebhookEvents {
  sent(endpoint: string, why: string | undefined): void;
  /** The database stores events for these endpoints, but this process does not know their addresses. */
  elsewhere(endpoints: readonly string[]): void;
  /** No process had these endpoints for a week; they were deleted. */
  forgotten(forgotten: Forgotten): void;
  dead(count: number): void;
  /** The database fails. The work is repeated. */
  failed(error: unknown): void;
}

export interface WebhooksParts {
  readonly database: Database;
  readonly endpoints: Endpoints;
  readonly tries: number;
  /** The longest time for a receiver's answer. */
  readonly answerSeconds: number;
  readonly events: WebhookEvents;
}

const LOOK_EVERY_MS = 1_000;
const TIDY_EVERY_MS = 2_000;
/** The largest number of events that are sent to one endpoint at the same time. */
export const AT_ONCE = 20;
/** The time from taking a job to storing its result, in addition to the receiver's time. */
const GRACE_SECONDS = 5;

/** After a start, other processes have this time to start, too, before unused endpoints are deleted. */
const FORGET_EVERY_MS = 3_600_000;

/** Sends nothing without endpoints. Throws what the database throws. */
export async function openWebhooks(parts: WebhooksParts): Promise<Webhooks> {
  const { database, tries, answerSeconds, events } = parts;
  const { kept: endpoints, removed } = parts.endpoints;
  const elsewhere = await announceEndpoints(database, parts.endpoints);
  if (elsewhere.length > 0) events.elsewhere(elsewhere);
  const names = endpoints.map(({ name }) => name);
  const over = new AbortController();
  const forgetting = openForgetting(parts, names, over.signal);
  // Also without endpoints: those that are added later get no events of before.
  const unanswered = openLoop(over.signal, TIDY_EVERY_MS, events.failed, async () => {
    await noteUnanswered(database);
    return false;
  });
  const always = [forgetting, unanswered];
  if (endpoints.length + removed.length === 0) return { look: () => undefined, ...endingWith(over, always) };
  const expireSeconds = answerSeconds + GRACE_SECONDS;
  const queue = await openQueue({ database, endpoints: names, tries, expireSeconds, failedToTidy: events.failed });
  for (const name of removed) await queue.drop(name);
  const deliver = openDeliver(answerSeconds, over.signal);
  const tidier = openLoop(over.signal, TIDY_EVERY_MS, events.failed, async () => {
    const buried = await bury(database, queue);
    events.dead(await countDeadLetters(database));
    return buried;
  });
  const senders = endpoints.map((endpoint) =>
    openLoop(over.signal, LOOK_EVERY_MS, events.failed, () => sendSome(parts, queue, deliver, endpoint, tidier.wake)),
  );
  const mover = openLoop(over.signal, LOOK_EVERY_MS, events.failed, async () => {
    const moved = await moveEvents(database, names, queue.add);
    if (moved > 0) for (const { wake } of senders) wake();
    return moved > 0;
  });
  return {
    look: mover.wake,
    ...endingWith(over, [...senders, mover, tidier, ...always], queue),
  };
}

function endingWith(over: AbortController, loops: readonly Loop[], queue?: Queue): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      over.abort();
      await Promise.all(loops.map(({ ended }) => ended));
      await queue?.[Symbol.asyncDispose]();
    },
  };
}

function openForgetting({ database, events }: WebhooksParts, names: readonly string[], over: AbortSignal): Loop {
  let isFirst = true;
  return openLoop(over, FORGET_EVERY_MS, events.failed, async () => {
    if (!isFirst) {
      await noteSeen(database, names);
      const forgotten = await forgetUnseen(database);
      if (forgotten.endpoints.length > 0) events.forgotten(forgotten);
    }
    isFirst = false;
    await forgetDeadLetters(database);
    await forgetUnproven(database);
    return false;
  });
}

async function sendSome(
  { database, events }: WebhooksParts,
  queue: Queue,
  deliver: Deliver,
  endpoint: Endpoint,
  failed: () => void,
): Promise<boolean> {
  const jobs = await queue.take(endpoint.name, AT_ONCE);
  if (jobs.length === 0) return false;
  const deliveries = await deliveriesOf(database, jobs);
  const taken = await Promise.all(
    deliveries.map(async (delivery, i) => {
      const why = await deliver(endpoint, delivery);
      events.sent(endpoint.name, why);
      return { job: (jobs[i] as TakenJob).job, why };
    }),
  );
  await queue.done(
    endpoint.name,
    taken.filter(({ why }) => why === undefined).map(({ job }) => job),
  );
  const lost = taken.filter(({ why }) => why !== undefined);
  for (const { job, why = "" } of lost) await queue.failed(endpoint.name, job, why);
  if (lost.length > 0) failed();
  return true;
}

async function bury(database: Database, queue: Queue): Promise<boolean> {
  const letters = await queue.givenUp(AT_ONCE);
  if (letters.length === 0) return false;
  await keepDeadLetters(database, letters);
  await queue.buried(letters.map(({ job }) => job));
  return true;
}

/** Repeats work: at once while there is more, otherwise after a call to wake it, or after an interval. */
interface Loop {
  readonly wake: () => void;
  readonly ended: Promise<void>;
}

function openLoop(
  over: AbortSignal,
  everyMs: number,
  failed: (error: unknown) => void,
  work: () => Promise<boolean>,
): Loop {
  let pause = new AbortController();
  let woken = false;
  const run = async () => {
    while (!over.aborted) {
      woken = false;
      const more = await work().catch((error: unknown) => {
        if (!over.aborted) failed(error);
        return false;
      });
      if (more || woken) continue;
      pause = new AbortController();
      await sleep(everyMs, undefined, { signal: AbortSignal.any([pause.signal, over]) }).catch(() => undefined);
    }
  };
  const wake = () => {
    woken = true;
    pause.abort();
  };
  return { wake, ended: run() };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { AskOptions, BusyFleet } from "./busy-fleet.ts";
import type { Customer } from "./customers.ts";
import type { Happening } from "./draw.ts";

export const CAMERAS = Array.from({ length: 12 }, (_, i) => `counter-${i + 1}`);

/** Days until the certificates end: one has ended, one ends soon; nobody knows of the last one, which was never plugged in. */
export const CERTIFICATES = Object.fromEntries(
  [...CAMERAS, "counter-13"].map((camera, i) => [camera, i === 0 ? -2 : i === 1 ? 12 : 600]),
);

/** Who comes, of a hundred. */
const COMING: Readonly<Record<Customer, number>> = {
  right: 84,
  wrong: 2,
  away: 5,
  two: 1,
  dark: 2,
  still: 4,
  picture: 0,
  unreadable: 2,
};

/** Shops ask, one customer after the other at each camera, until it is over. */
export async function serveCustomers(fleet: BusyFleet, over: AbortSignal): Promise<void> {
  await Promise.all(
    CAMERAS.map(async (camera) => {
      while (!over.aborted) {
        await sleep(8_000 + Math.random() * 24_000, undefined, { signal: over }).catch(() => undefined);
        if (!over.aborted) await serveOne(fleet, camera);
      }
    }),
  );
}

async function serveOne(fleet: BusyFleet, camera: string): Promise<void> {
  const customer = anybody();
  const options: AskOptions = Math.random() < 0.02 ? { declineAfterMs: 800 } : {};
  const asked = fleet.ask(camera, customer, options);
  // Somebody presses the button twice.
  const twice = Math.random() < 0.04 ? sleep(300).then(() => fleet.ask(camera, "right")) : undefined;
  await Promise.all([asked, twice]);
}

function anybody(): Customer {
  let left = Math.random() * 100;
  for (const [customer, share] of Object.entries(COMING)) {
    left -= share;
    if (left < 0) return customer as Customer;
  }
  return "right";
}

interface Event {
  /** Share of the time that is shown. */
  readonly after: number;
  readonly words: string;
  readonly happen: (fleet: BusyFleet) => Promise<void>;
}

const BROKER_AWAY_MS = 25_000;
const DATABASE_AWAY_MS = 25_000;

/** What goes wrong, and is on the dashboard afterwards. */
const EVENTS: readonly Event[] = [
  {
    after: 0.15,
    words: "The camera of counter-5 is unplugged",
    happen: async (fleet) => fleet.plug("counter-5", false),
  },
  {
    after: 0.3,
    words: "The broker is killed, and is back after 25 s",
    async happen({ broker }) {
      await broker.kill();
      await sleep(BROKER_AWAY_MS);
      await broker.start();
    },
  },
  {
    after: 0.46,
    words: "Somebody holds a picture before counter-3, again and again",
    async happen(fleet) {
      for (let tries = 0; tries < 6; tries++) await fleet.ask("counter-3", "picture", { photo: 7 });
    },
  },
  {
    after: 0.5,
    words: "The camera of counter-5 is plugged in",
    happen: async (fleet) => fleet.plug("counter-5", true),
  },
  {
    after: 0.58,
    words: "The database is killed, and is back after 25 s",
    async happen({ postgres }) {
      await postgres.kill();
      await sleep(DATABASE_AWAY_MS);
      await postgres.start();
    },
  },
  {
    after: 0.72,
    words: "The database loses the last reports of counter-2, as by an older backup",
    happen: ({ database }) => restoreOlder(database, "counter-2"),
  },
  {
    after: 0.85,
    words: "The shop of counter-11 switches its camera off",
    happen: async (fleet) => fleet.end("counter-11"),
  },
  {
    after: 0.9,
    words: "The camera of counter-6 is unplugged",
    happen: async (fleet) => fleet.plug("counter-6", false),
  },
];

async function restoreOlder(database: BusyFleet["database"], device: string): Promise<void> {
  const [end] = await database.query<{ readonly seq: number }>(
    "select seq::int as seq from chain_ends where device = $1",
    [device],
  );
  const kept = Math.max(1, (end?.seq ?? 1) - 3);
  await database.run(`
    delete from reports where device = '${device}' and seq > ${kept};
    delete from chain where device = '${device}' and seq > ${kept};
    update chain_ends set seq = ${kept} where device = '${device}'`);
}

/** Lets everything go wrong in its turn; resolves with what happened when. */
export async function letThingsHappen(fleet: BusyFleet, seconds: number): Promise<readonly Happening[]> {
  const startedMs = Date.now();
  return Promise.all(
    EVENTS.map(async ({ after, words, happen }) => {
      await sleep(after * seconds * 1_000 - (Date.now() - startedMs));
      const at = Date.now() / 1_000;
      await happen(fleet);
      return { at, words };
    }),
  );
}

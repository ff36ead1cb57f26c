import t from "tap";
import type { Database } from "../../../../gateway/database/database.ts";
import { aimRoutes } from "../../../../gateway/http/routes/aim.ts";
import type { Asking } from "../../../../gateway/verifications/ask.ts";
import { type AimFeed, openFeed } from "../../../../gateway/verifications/feed.ts";

const CAMERA = "counter-1";
const database = { query: async () => [] } as unknown as Database;

/** A feed that counts who listens. */
function countingFeed() {
  const feed: AimFeed = openFeed();
  let listeners = 0;
  const subscribe: AimFeed["subscribe"] = (...args) => {
    const unsubscribe = feed.subscribe(...args);
    listeners++;
    return () => {
      listeners--;
      unsubscribe();
    };
  };
  return { feed: { ...feed, subscribe }, listeners: () => listeners };
}

/** Asks for an aim. The client leaves while the request is made, or while it is sent. */
async function leaving(when: "made" | "sent") {
  const client = new AbortController();
  const asked: string[] = [];
  const { feed, listeners } = countingFeed();
  const asking: Pick<Asking, "aim" | "cancel"> = {
    async aim() {
      if (when === "made") client.abort();
      const send = async () => {
        asked.push("aim");
        client.abort();
      };
      return { id: "aim-1", send };
    },
    cancel: async () => void asked.push("cancel"),
  };
  const [route] = aimRoutes({ database, asking: asking as Asking, aims: feed });
  const subject = { name: "test", filter: { fleet: true, cameras: [], shops: [] } };
  const incoming = { params: { camera: CAMERA }, query: {}, body: { seconds: 60 }, headers: {} };
  await route?.handle({ ...incoming, subject, signal: client.signal });
  return { asked, listeners: listeners() };
}

t.test("a camera does not aim for a client that left before it was asked", async (t) => {
  t.same(await leaving("made"), { asked: [], listeners: 0 });
});

t.test("an aim whose client leaves while it is sent is cancelled", async (t) => {
  t.same(await leaving("sent"), { asked: ["aim", "cancel"], listeners: 0 });
});

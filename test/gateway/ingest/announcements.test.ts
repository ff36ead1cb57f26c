import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { DatabaseAway } from "../../../gateway/database/away.ts";
import type { Database } from "../../../gateway/database/database.ts";
import { type Announcement, openAnnouncements } from "../../../gateway/ingest/announcements.ts";
import { findCamera } from "../../../gateway/register/register.ts";
import type { Status } from "../../../protocol/messages/contract.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);

const announced = (device: string, state: Status["state"], retained: boolean): Announcement => ({
  announced: { kind: "status", content: { v: 1, device, state, faults: [] } },
  payload: new Uint8Array(),
  retained,
});

function open(over: Database, logged: object[] = []) {
  const log = { warn: (line: object) => void logged.push(line) };
  return openAnnouncements({ database: over, enrolment: "first_seen", identified: async () => undefined, log });
}

const stateOf = async (device: string) => (await findCamera(database, device))?.status?.state;

t.test("an old retained message does not replace the one that comes after it", async (t) => {
  let answer: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => {
    answer = resolve;
  });
  /** A database that is slow to say what the register has. */
  const slow: Database = {
    ...database,
    async query(text, values) {
      if (text.includes("with ordinality")) await asked;
      return database.query(text, values);
    },
  };
  await using announcements = open(slow);
  const old = announcements.take(announced("counter-1", "offline", true));
  const live = announcements.take(announced("counter-1", "ready", false));
  answer();
  await Promise.all([old, live]);
  t.equal(await stateOf("counter-1"), "ready");
});

t.test("what a camera says while the database is away is stored when it is back", async (t) => {
  let isAway = true;
  const failing: Database = {
    ...database,
    async query(text, values) {
      if (isAway) throw new DatabaseAway("away");
      return database.query(text, values);
    },
  };
  await using announcements = open(failing);
  await announcements.take(announced("counter-2", "offline", true));
  await announcements.take(announced("counter-2", "ready", false));
  isAway = false;
  for (let tries = 0; tries < 300 && (await stateOf("counter-2")) !== "ready"; tries++) await sleep(50);
  t.equal(await stateOf("counter-2"), "ready");
});

t.test("a message that the database refuses is logged, and holds up no later one", async (t) => {
  const refusing: Database = {
    ...database,
    async query(text, values) {
      if (values?.some((value) => String(value).includes("busy"))) throw new Error("it is refused");
      return database.query(text, values);
    },
  };
  const logged: object[] = [];
  await using announcements = open(refusing, logged);
  await announcements.take(announced("counter-3", "busy", false));
  await announcements.take(announced("counter-3", "ready", false));
  t.match(logged, [{ event: "status_not_kept" }]);
  t.equal(await stateOf("counter-3"), "ready");
});

t.test("a statement that takes too long delays no other camera", async (t) => {
  const logged: object[] = [];
  const slow: Database = {
    ...database,
    async query(text, values) {
      if (JSON.stringify(values).includes("counter-4"))
        throw new DatabaseAway("canceling statement due to statement timeout", { cause: { code: "57014" } });
      return database.query(text, values);
    },
  };
  await using announcements = open(slow, logged);
  await announcements.take(announced("counter-4", "ready", false));
  await announcements.take(announced("counter-5", "ready", false));
  t.equal(await stateOf("counter-5"), "ready");
  t.match(logged, [{ event: "status_not_kept" }]);
});

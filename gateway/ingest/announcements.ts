import { readIdentity } from "../../carrier/answers.ts";
import { DatabaseAway, isSlow } from "../database/away.ts";
import type { Database } from "../database/database.ts";
import type { Log } from "../process/log.ts";
import { keepHealth } from "../register/fleet.ts";
import { type Announced, openKnownAnnouncements } from "../register/known-announcements.ts";
import { type Enrolment, keepIdentity, keepStatus } from "../register/register.ts";
import { openLatest } from "./latest.ts";

/** A retained message of a camera. The proof of an identity is not checked yet. */
export interface Announcement {
  readonly announced: Announced;
  readonly payload: Uint8Array;
  /** The broker had stored it. */
  readonly retained: boolean;
}

/** Stores what cameras announce in the register. */
export interface Announcements extends AsyncDisposable {
  /** Resolves when the message is stored or refused, waits for the database, or is given up: its statement was slow or failed. */
  take(announcement: Announcement): Promise<void>;
}

export interface AnnouncementsParts {
  readonly database: Database;
  readonly enrolment: Enrolment;
  /** The register has the identity of this camera now. */
  readonly identified: (device: string) => Promise<void>;
  readonly log: Pick<Log, "warn">;
}

export function openAnnouncements(parts: AnnouncementsParts): Announcements {
  const { database, log } = parts;
  const over = new AbortController();
  const failed = (error: unknown) => log.warn({ event: "database_failed", err: error });
  const known = openKnownAnnouncements(database, failed);
  const latest = openLatest(failed, over.signal);
  const keepNew = async (announcement: Announcement) => {
    // In the camera's turn: an old retained message must not overtake, nor be overtaken by, a new one.
    if (announcement.retained && (await known.isKnown(announcement.announced))) return;
    await keep(parts, announcement);
  };
  return {
    take(announcement) {
      const { kind, content } = announcement.announced;
      return latest(content.device, kind, () =>
        keepNew(announcement).catch((error: unknown) => {
          // A connected camera may not say these things again for long, so no outage of the database may lose them.
          if (error instanceof DatabaseAway && !isSlow(error)) throw error;
          log.warn({ event: `${kind}_not_kept`, err: error });
        }),
      );
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await known[Symbol.asyncDispose]();
    },
  };
}

async function keep(parts: AnnouncementsParts, { announced: { kind, content }, payload }: Announcement): Promise<void> {
  const { database, enrolment, identified, log } = parts;
  if (kind === "status") return keepStatus(database, content, enrolment);
  if (kind === "health") return keepHealth(database, content);
  const identity = await readIdentity(payload, content.device);
  if (!identity) return;
  if (await keepIdentity(database, identity, enrolment)) return identified(identity.device);
  log.warn({ event: "identity_refused", device: identity.device, kid: identity.signing.kid });
}

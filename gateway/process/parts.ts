import type { Asker } from "../../carrier/request.ts";
import type { Database } from "../database/database.ts";
import type { Settings } from "../settings/settings.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/** What most parts of a gateway need. */
export interface Parts {
  readonly settings: Settings;
  readonly asker: Asker;
  readonly database: Database;
  readonly metrics: Metrics;
  readonly log: Log;
}

import { FIRST_WAIT_SECONDS, GAPS_AT_ONCE, STAYS_SECONDS, TRIES } from "../../gateway/archive/gaps.ts";
import { MOST_OF_A_CAMERA, UNPROVEN_KEPT_DAYS } from "../../gateway/archive/unproven.ts";
import { CONNECT_WITHIN_MS, CONNECTIONS, STATEMENT_WITHIN_MS } from "../../gateway/database/server.ts";
import { KEYS_KEPT_MS, MOST_TOKENS, SKEW_SECONDS, TOKEN_BYTES, TRUSTED_MS } from "../../gateway/http/access.ts";
import { BODY_BYTES, DEPTH, REQUEST_BYTES } from "../../gateway/http/body.ts";
import { MOST_BODIES, MOST_BODY_BYTES } from "../../gateway/http/body-limit.ts";
import { MOST_NAMES } from "../../gateway/http/rate-limit.ts";
import { SILENT_MS as AIM_SILENT_MS } from "../../gateway/http/routes/aim-events.ts";
import { MOST_STAGES } from "../../gateway/http/routes/rollout-schemas.ts";
import { WAIT_SECONDS } from "../../gateway/http/routes/schemas.ts";
import { MOST_WAITING } from "../../gateway/http/routes/verification-events.ts";
import { ALIVE_MS, BODY_WITHIN_MS, HEADERS_WITHIN_MS, SILENT_CONNECTION_MS } from "../../gateway/http/server.ts";
import { MOST_WAITING as MOST_WAITING_MESSAGES } from "../../gateway/ingest/latest.ts";
import { BATCH } from "../../gateway/ingest/report-ingest.ts";
import { SILENT_MS } from "../../gateway/pages/http/event-stream.ts";
import { AGAIN_MS } from "../../gateway/pages/http/retrying.ts";
import { FRESH_MS, MOST } from "../../gateway/register/known-keys.ts";
import { SETTINGS } from "../../gateway/settings/settings.ts";
import { DEAD_KEPT_DAYS } from "../../gateway/webhooks/dead-letters.ts";
import { MOST_ENDPOINTS } from "../../gateway/webhooks/endpoints.ts";
import { DONE_IS_KEPT_SECONDS } from "../../gateway/webhooks/queue.ts";
import { AT_ONCE } from "../../gateway/webhooks/webhooks.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";

const many = (count: number) => count.toLocaleString("en");
const seconds = (ms: number) => `${ms / 1000} s`;

/** The limits of the gateway and its pages, for docs/BOUNDS.md. */
export function gatewayBounds(): readonly (readonly [what: string, bound: string])[] {
  const { rate, webhookTries, webhookSeconds } = SETTINGS;
  return [
    [
      "a body over HTTP",
      `${many(BODY_BYTES)} bytes, ${DEPTH} levels; what is not the photo ${many(REQUEST_BYTES)} bytes`,
    ],
    ["the headers of a request; its body", `${seconds(HEADERS_WITHIN_MS)}; ${seconds(BODY_WITHIN_MS)}`],
    ["a connection on which no byte moves", `cut after ${seconds(SILENT_CONNECTION_MS)}`],
    [
      "a token of the HTTP API",
      `${many(TOKEN_BYTES)} bytes; clocks may differ by ${SKEW_SECONDS} s; ${many(MOST_TOKENS)} checked ones are remembered, each for ${seconds(TRUSTED_MS)}`,
    ],
    [
      "requests of one token's subject",
      `${rate.standard} in a second by default, twice as many at once; ${many(MOST_NAMES)} subjects are remembered`,
    ],
    ["bodies of one token's subject that are read at the same time", `${MOST_BODIES}; ${many(MOST_BODY_BYTES)} bytes`],
    ["a request that waits for the end of a verification (`wait`)", `${WAIT_SECONDS} s`],
    [
      "a stream of events",
      `says every ${seconds(ALIVE_MS)} that it lives; ${MOST_WAITING} steps wait for a slow reader`,
    ],
    ["a page without an event", `${seconds(SILENT_MS)}, then it connects again after ${seconds(AGAIN_MS)}`],
    ["an aim", `${LIMITS.aimSeconds} s; ${seconds(AIM_SILENT_MS)} without a message of the camera`],
    ["a rollout", `${MOST_STAGES} stages`],
    [
      "webhooks",
      `${MOST_ENDPOINTS} endpoints; ${AT_ONCE} events to one at once; ${webhookSeconds.standard} s for an answer and ${webhookTries.standard} tries by default`,
    ],
    ["an event that was sent; a dead letter", `kept ${DONE_IS_KEPT_SECONDS} s; ${DEAD_KEPT_DAYS} days`],
    ["reports written to the archive at once", `${BATCH}`],
    [
      "reports that no known key has signed",
      `${many(MOST_OF_A_CAMERA)} of a name; ${UNPROVEN_KEPT_DAYS} days if it is no camera's`,
    ],
    [
      "what cameras announce while the database is away",
      `${many(MOST_WAITING_MESSAGES)} messages wait in memory, the newest of each kind of a camera; the broker holds others back`,
    ],
    ["keys of an issuer that does not answer", `trusted for ${seconds(KEYS_KEPT_MS)} more`],
    ["keys of cameras that a gateway remembers", `${many(MOST)}, each for ${seconds(FRESH_MS)}`],
    [
      "a gap in a chain",
      `one after ${STAYS_SECONDS} s; ${GAPS_AT_ONCE} are asked for at once, the first of each camera before second ones; each ${TRIES} times without an answer, first after ${FIRST_WAIT_SECONDS} s`,
    ],
    [
      "the database",
      `${CONNECTIONS} connections of a process; ${seconds(CONNECT_WITHIN_MS)} to connect; ${seconds(STATEMENT_WITHIN_MS)} for a statement`,
    ],
  ];
}

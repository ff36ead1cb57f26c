import { z } from "zod";
import { LIMITS } from "../../../protocol/messages/contract.ts";
import type { Database } from "../../database/database.ts";
import { findCamera } from "../../register/register.ts";
import type { Asking } from "../../verifications/ask.ts";
import type { AimFeed } from "../../verifications/feed.ts";
import { requireShown } from "../access.ts";
import { type Route, route } from "../route.ts";
import { openAimEvents } from "./aim-events.ts";
import { cameraPath } from "./schemas.ts";

export interface AimRoutesParts {
  readonly database: Database;
  readonly asking: Asking;
  readonly aims: AimFeed;
}

const aimBody = z.strictObject({ seconds: z.int().min(1).max(LIMITS.aimSeconds).default(60) });

/** The route to aim a camera. The aim ends with the connection, so that no camera aims for a client that has gone. */
export function aimRoutes({ database, asking, aims }: AimRoutesParts): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/cameras/{camera}/aim",
      name: "aimCamera",
      summary:
        "Server-sent events with what the camera sees, as numbers: `begun`, `aim` about five times a second; at last `refused`, `unanswered`, or an `aim` with `ended`. Closing the connection ends the aim.",
      access: "token",
      params: cameraPath,
      body: aimBody,
      answers: { 200: { what: "Events.", type: "text/event-stream" } },
      async handle({ params: { camera }, body: { seconds }, subject, signal }) {
        requireShown(subject, camera, (await findCamera(database, camera))?.shop ?? null);
        const request = await asking.aim(camera, seconds);
        const events = openAimEvents(aims, { device: camera, id: request.id }, signal, () =>
          asking.cancel(camera, request.id, "cancelled"),
        );
        if (!signal.aborted) await request.send();
        return { kind: "events", events };
      },
    }),
  ];
}

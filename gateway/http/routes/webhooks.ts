import type { Database } from "../../database/database.ts";
import { listDeadLetters, resendDeadLetter } from "../../webhooks/dead-letters.ts";
import { HttpProblem } from "../problem.ts";
import { json, type Route, route } from "../route.ts";
import { deadLetterAnswer, deadLetterPath, deadLettersAnswer, limitQuery } from "./schemas.ts";

/** Routes for events that could not be delivered. */
export function webhookRoutes(database: Database): readonly Route[] {
  return [
    route({
      method: "GET",
      path: "/v1/webhooks/dead",
      name: "listDeadLetters",
      summary: "Lists events that could not be delivered in all attempts, the newest first.",
      access: "fleet",
      query: limitQuery,
      answers: { 200: { what: "Dead letters.", type: "application/json", schema: deadLettersAnswer } },
      async handle({ query }) {
        const letters = await listDeadLetters(database, query.limit);
        return json(200, { dead: letters.map(shown) });
      },
    }),
    route({
      method: "POST",
      path: "/v1/webhooks/dead/{letter}/resend",
      name: "resendDeadLetter",
      summary: "Sends a dead letter again, with all attempts.",
      access: "fleet",
      params: deadLetterPath,
      answers: { 202: { what: "The event waits to be sent.", type: "application/json", schema: deadLetterAnswer } },
      async handle({ params }) {
        const letter = await resendDeadLetter(database, params.letter);
        if (!letter) throw new HttpProblem("not_found", "there is no such dead letter, or its endpoint was removed");
        return json(202, shown(letter));
      },
    }),
  ];
}

type DeadLetter = Awaited<ReturnType<typeof listDeadLetters>>[number];

function shown({ job, event, endpoint, device: camera, id, state, at, why, givenUpAt }: DeadLetter) {
  const times = { endedAt: at.toISOString(), givenUpAt: givenUpAt.toISOString() };
  return { letter: job, event, endpoint, camera, verification: id, state, ...times, why };
}

import t from "tap";
import { DatabaseAway, orAway } from "../../../gateway/database/away.ts";
import { problemOf } from "../../../gateway/http/problem.ts";

const coded = (code: string) => Object.assign(new Error("it failed"), { code });
const problem = (error: unknown) => orAway(Promise.reject(error)).catch((thrown: unknown) => problemOf(thrown).code);

t.test("failures that pass are told from others, whether they have a code or only words", async (t) => {
  const codes = [
    "ECONNREFUSED",
    "EPIPE",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EAI_AGAIN",
    "08006",
    "53300",
    "57P01",
    "25006",
  ];
  const words = [
    "Connection terminated unexpectedly",
    "Connection terminated due to connection timeout",
    "timeout exceeded when trying to connect",
    "Query read timeout",
  ];
  for (const error of [...codes.map(coded), ...words.map((word) => new Error(word))])
    t.equal(await problem(error), "database_unreachable", String(error));
  for (const error of [coded("23505"), coded("42601"), new Error("a mistake"), "text"])
    t.equal(await problem(error), "failed", String(error));
  t.equal(await problem(coded("22021")), "invalid_request");
});

t.test("the error says what the driver said, and keeps it", async (t) => {
  const cause = coded("ECONNREFUSED");
  const error = await orAway(Promise.reject(cause)).catch((thrown: unknown) => thrown);
  t.ok(error instanceof DatabaseAway);
  t.match(error, { message: /it failed/, cause });
  t.equal(await orAway(Promise.resolve(7)), 7);
});

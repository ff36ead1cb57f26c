import t from "tap";
import { PROBLEMS } from "../../../gateway/http/problem.ts";
import { isTokenRefused } from "../../../gateway/pages/sign-in.ts";

t.test("the page forgets a token only for the gateway's answers 401 and 403", async (t) => {
  for (const [code, [status]] of Object.entries(PROBLEMS))
    t.equal(isTokenRefused(code), status === 401 || status === 403, code);
  t.notOk(isTokenRefused("unreachable"));
});

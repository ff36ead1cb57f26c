import t from "tap";
import { openAdmission } from "../../../device/verification/admission.ts";
import { Refusal, type VerifyRequest } from "../../../protocol/readers/request-reader.ts";
import { until } from "../../support/until.ts";

/** A counter that begins verifications, and is told when one ends. */
function counter({ failing = [] as readonly string[], wallMs = Date.now } = {}) {
  const begun: string[] = [];
  const refused: string[] = [];
  let running = false;
  const admission = openAdmission({
    isRunning: () => running,
    async start({ jti }) {
      await undefined;
      if (failing.includes(jti)) throw new Refusal("locked", "", jti);
      begun.push(jti);
      running = true;
    },
    clock: { wallMs },
  });
  const note = (error: unknown) =>
    void refused.push(error instanceof Refusal ? `${error.jti} ${error.code}` : "untyped");
  return {
    begun,
    refused,
    admission,
    async ask(jti: string, waitMs?: number, exp = Date.now() / 1000 + 60) {
      const request = { jti, iat: exp - 60, exp, policy: { waitMs } } as unknown as VerifyRequest;
      const waiting = await admission.admit(request, {}).catch(note);
      waiting?.accepted.catch(note);
      await new Promise(setImmediate);
    },
    /** It has a verdict; camera and memory are not clear yet. */
    decide() {
      running = false;
    },
    async end() {
      running = false;
      admission.next();
      await new Promise(setImmediate);
    },
  };
}

t.test("requests that may wait are served in the order of their coming", async (t) => {
  const { begun, refused, ask, decide, end } = counter();
  for (const [jti, waitMs] of [["one"], ["two", 5_000], ["three", 5_000], ["four"]] as const) await ask(jti, waitMs);
  t.same(refused, ["four busy"], "one that does not wait is refused");
  await end();
  t.same(begun, ["one", "two"]);
  decide();
  await ask("five");
  t.same(refused, ["four busy", "five busy"]);
  await end();
  await end();
  await ask("six");
  t.same(begun, ["one", "two", "three", "six"]);
});

t.test("a request is held from the end of the one before until it runs", async (t) => {
  const { admission, ask, decide } = counter();
  await ask("one");
  await ask("two", 5_000);
  decide();
  admission.next();
  t.ok(admission.holds("two") && admission.isBusy());
});

t.test("a request that became old while it waited lets the next one begin", async (t) => {
  const { begun, refused, admission, ask, end } = counter({ wallMs: () => Date.now() + 200_000 });
  await ask("one");
  await ask("old", 5_000, Date.now() / 1000 + 100);
  await ask("two", 5_000, Date.now() / 1000 + 300);
  await end();
  t.same([begun, refused], [["one", "two"], ["old expired"]]);
  await end();
  t.notOk(admission.isBusy());
});

t.test("four wait at most, none for longer than it allows, and one that fails lets the next begin", async (t) => {
  const { begun, refused, admission, ask, end } = counter({ failing: ["two"] });
  await ask("one");
  for (const jti of ["two", "three", "four"]) await ask(jti, 5_000);
  await ask("five", 250);
  await ask("six", 5_000);
  t.same(refused, ["six busy"]);
  await until(() => refused.length > 1);
  t.same(refused, ["six busy", "five busy"]);
  t.ok(admission.holds("two") && !admission.holds("five") && !admission.holds("one"));
  await end();
  t.same([begun, refused.slice(2)], [["one", "three"], ["two locked"]]);
  t.ok(admission.refuse("cancelled", "four") && !admission.refuse("cancelled", "four"));
  await end();
  t.same([begun, refused.slice(3)], [["one", "three"], ["four cancelled"]]);
  t.notOk(admission.isBusy());
});

t.test(
  "a device that stops refuses all that wait, and a request that became old while it waited is refused",
  async (t) => {
    const stopping = counter();
    await stopping.ask("one");
    for (const jti of ["two", "three"]) await stopping.ask(jti, 5_000);
    t.ok(stopping.admission.refuse("updating"));
    await stopping.end();
    t.same([stopping.begun, stopping.refused], [["one"], ["two updating", "three updating"]]);
    const slow = counter({ wallMs: () => Date.now() + 200_000 });
    await slow.ask("one");
    await slow.ask("two", 5_000, Date.now() / 1000 + 100);
    await slow.end();
    t.same([slow.begun, slow.refused], [["one"], ["two expired"]]);
  },
);

import t from "tap";
import { type Answer, readAnswer } from "../../carrier/answers.ts";
import { openWaiters } from "../../carrier/connection/deferred.ts";
import type { Listener } from "../../carrier/connection/listened-device.ts";
import { cancelReply, type Way } from "../../carrier/request-reply.ts";
import { signingDevice } from "../support/signing-device.ts";

const device = await signingDevice("counter-7");
const prepared = { jti: "cancel-1", sealed: "a cancel", digest: "d".repeat(43), timeoutMs: 60_000 };

/** Cancels request-1 at a camera that answers with these messages, in this order. */
async function cancel(...tokens: readonly Promise<string>[]): Promise<void> {
  const answers = await Promise.all(tokens.map(async (token) => readAnswer(await token, device.identity)));
  const listeners = new Set<Listener>();
  const deliver = (answer: Answer) => {
    for (const listener of listeners) listener.answer?.(answer);
  };
  const way = {
    // They come after the publication, one after the other: what is taken for the answer is decided by the first.
    publish: async () => void inTurns(answers, deliver),
    topic: "request",
    device: { listeners, waiters: openWaiters() },
    replyTopic: undefined,
    packs: undefined,
    trouble: () => "",
  } as unknown as Way;
  await cancelReply(way, prepared, "request-1");
}

async function inTurns(answers: readonly Answer[], deliver: (answer: Answer) => void): Promise<void> {
  for (const answer of answers) {
    await new Promise(setImmediate);
    deliver(answer);
  }
}

const ended = { decision: "inconclusive" } as const;
const tooLate = () => device.refusal({ code: "already_ended", digest: prepared.digest });

t.test("a cancel that came too late is refused, although the report of its request came first", async (t) => {
  const refused = { name: "CarrierError", code: "refused", refusal: "already_ended" };
  for (const claims of [{}, { decision: "no_match" }, { ...ended, reason: "timeout" }, { ...ended, reason: "no_face" }])
    await t.rejects(cancel(device.report(claims), tooLate()), refused, JSON.stringify(claims));
});

t.test("a cancel is answered by the camera's confirmation, or by the report that it ended", async (t) => {
  await t.resolves(cancel(device.cancelled({ digest: prepared.digest })));
  for (const reason of ["cancelled", "declined"]) await t.resolves(cancel(device.report({ ...ended, reason })), reason);
  const others = [
    device.report({ ...ended, reason: "cancelled", jti: "request-2" }),
    device.cancelled(),
    device.refusal({ code: "already_ended" }),
  ];
  await t.rejects(
    cancel(...others, tooLate()),
    { code: "refused", refusal: "already_ended" },
    "those are answers to others",
  );
});

import t from "tap";
import { frameOf } from "../../guide/frame.ts";
import { afterProgress, afterReport, canDecline, DECLINED, IDLE, type Scene, WAITING } from "../../guide/scene.ts";
import { messagesOf } from "../../guide/words/messages.ts";
import { REASONS } from "../../protocol/messages/contract.ts";
import { readText } from "../support/sources.ts";

const messages = messagesOf("en", JSON.parse(readText("guide/catalogues/en.json")));
const customer = (scene: Scene) => frameOf(scene, "customer", true, messages);
const staff = (scene: Scene) => frameOf(scene, "staff", true, messages);

t.test("the customer's screen says the same for no match and for every reason but their own no", async (t) => {
  const noMatch = customer(afterReport({ decision: "no_match" }));
  for (const reason of REASONS.filter((one) => one !== "declined")) {
    t.same(customer(afterReport({ decision: "inconclusive", reason })), noMatch, reason);
  }
  t.same(customer({ kind: "refused", code: "locked" }), noMatch, "a refusal, too");
  t.not(customer(afterReport({ decision: "match" })).title, noMatch.title);
});

t.test("staff see the reason, what to do, and the code", async (t) => {
  const { title, more, details } = staff(afterReport({ decision: "inconclusive", reason: "no_face", detail: "x" }));
  t.same([title, more], ["No decision", "Nobody was seen"]);
  t.match(details, [{ text: /Aim the camera/ }, { text: "no_face: x", code: true }]);
  t.match(staff({ kind: "refused", code: "busy" }), { title: "Another check is running", details: { length: 2 } });
});

t.test("nobody at the counter learns how alike two faces are", async (t) => {
  const report = { similarity: 0.7, threshold: 0.4 };
  for (const decision of ["match", "no_match"] as const) {
    t.notMatch(JSON.stringify(staff(afterReport({ decision, ...report }))), /0\.[47]/, decision);
  }
});

t.test("codes of a later contract are taken as the contract says", async (t) => {
  const reason = "of_later" as (typeof REASONS)[number];
  t.equal(staff(afterReport({ decision: "inconclusive", reason })).more, "Another reason");
  const hint = "of_later" as "hold_still";
  const before = afterProgress(IDLE, { stage: "hint", hint: "more_light" });
  t.equal(afterProgress(before, { stage: "hint", hint }), before, "an unknown hint changes nothing");
});

t.test("nothing that comes late changes a result, and the next acceptance begins anew", async (t) => {
  const over = afterReport({ decision: "match" });
  t.equal(afterProgress(over, { stage: "hint", hint: "more_light" }), over);
  t.equal(afterProgress(over, { stage: "ended" }), over);
  t.equal(afterProgress(over, { stage: "accepted" }), WAITING);
});

t.test("a hint that is said again holds up no other: it is the scene that was there", async (t) => {
  const before = afterProgress(IDLE, { stage: "hint", hint: "more_light" });
  t.equal(afterProgress(before, { stage: "hint", hint: "more_light" }), before);
  t.not(afterProgress(before, { stage: "hint", hint: null }), before);
});

t.test("a hint that is taken back is thanked for", async (t) => {
  t.equal(customer(afterProgress(IDLE, { stage: "looking" })).picture, "looking");
  t.equal(customer(afterProgress(IDLE, { stage: "hint", hint: null })).picture, "good");
});

t.test("the customer can say no until there is a result", async (t) => {
  t.same(customer({ kind: "consent", notice: { id: "1" } }).actions, ["agree", "decline"]);
  t.same(customer(afterProgress(IDLE, { stage: "hint", hint: "turn_left" })).actions, ["stop"]);
  t.same(frameOf(WAITING, "customer", false, messages).actions, ["stop"], "also without connection");
  t.notOk(canDecline(DECLINED));
  t.same(customer(DECLINED).actions, []);
});

t.test("a carrier's own notice takes the place of ours", async (t) => {
  t.same(customer({ kind: "consent", notice: { id: "1", lines: ["Ours"] } }).lines, ["Ours"]);
});

t.test("without connection a result stays, and everything else waits", async (t) => {
  const over = afterReport({ decision: "match" });
  t.same(frameOf(over, "customer", false, messages), customer(over));
  t.equal(frameOf(IDLE, "customer", false, messages).picture, "lost");
});

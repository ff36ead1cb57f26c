import t from "tap";
import { becauseOf, choosePack, chooseUntimed, packsToTry, recall } from "../../../device/packs/pack-choice.ts";

const packs = [
  { pack: "int8", hash: "a".repeat(64) },
  { pack: "fp32", hash: "b".repeat(64) },
];
const now = { software: "1.0.0", runtime: "onnx", machine: "arm64 Cortex-A72", packs } as const;
const trials = (int8: number, fp32: number) => packs.map((one, i) => ({ ...one, frameMs: i === 0 ? int8 : fp32 }));
const choose = (int8: number, fp32: number) => choosePack(now, trials(int8, fp32));

t.test("int8 unless fp32 is faster by at least a tenth", async (t) => {
  t.equal(choose(100, 50).chosen, "fp32");
  t.equal(choose(100, 90).chosen, "fp32", "a tenth is enough");
  t.equal(choose(100, 90.1).chosen, "int8", "less is not");
  t.equal(choose(100, 100).chosen, "int8");
  t.equal(choose(100, 300).chosen, "int8");
});

t.test("the reason tells what was measured", async (t) => {
  t.match(choose(100, 50).reason, /^fp32 is faster .*int8 100\.0 ms, fp32 50\.0 ms$/);
  t.match(choose(100, 95).reason, /^no other pack is faster than int8 .*int8 100\.0 ms, fp32 95\.0 ms$/);
  const [only] = trials(100, 50);
  t.match(choosePack(now, only ? [only] : []).reason, /only shipped pack/);
});

t.test("the reason is that of the chosen pack, and of no other that is in force", async (t) => {
  const choice = choose(100, 50);
  t.equal(becauseOf("b".repeat(64), choice), choice.reason);
  t.equal(becauseOf("a".repeat(64), choice), undefined, "the one that was not chosen");
  t.equal(becauseOf("c".repeat(64), choice), undefined, "one that was sent");
  t.equal(becauseOf("b".repeat(64), undefined), undefined, "one that the settings name");
});

t.test("a choice holds under the circumstances in which it was made, and under no others", async (t) => {
  const choice = choose(100, 50);
  const stored = JSON.parse(JSON.stringify(choice));
  t.same(recall(stored, now), choice);
  t.equal(recall(stored, { ...now, software: "1.0.1" }), undefined, "another version");
  t.equal(recall(stored, { ...now, runtime: "tfjs" }), undefined, "another runtime");
  t.equal(recall(stored, { ...now, machine: "arm64 Cortex-A76" }), undefined, "another board");
  const changed = packs.map((one) => (one.pack === "fp32" ? { ...one, hash: "c".repeat(64) } : one));
  t.equal(recall(stored, { ...now, packs: changed }), undefined, "a changed pack");
  t.equal(recall(stored, { ...now, packs: packs.slice(0, 1) }), undefined, "a pack less");
});

t.test("what is no choice is not taken for one", async (t) => {
  const choice = choose(100, 50);
  const wrong = [undefined, null, 7, "int8", [], {}, { ...choice, trials: [{}] }, { ...choice, chosen: "other" }];
  for (const one of wrong) t.equal(recall(one, now), undefined, JSON.stringify(one) ?? "nothing");
});

t.test("where none could be timed the preferred one is taken, for the reason that there is", async (t) => {
  const choice = chooseUntimed(now, "no answer within 60000 ms");
  t.match(choice, { chosen: "int8", hash: "a".repeat(64), reason: /int8 is preferred.*no answer within/ });
  t.equal(becauseOf("a".repeat(64), choice), choice.reason);
  t.equal(recall(JSON.parse(JSON.stringify(choice)), now), undefined, "the next start times them");
});

t.test("a setting stands for one pack, or for those that its runtime computes", async (t) => {
  t.same(packsToTry("auto", "onnx"), ["int8", "fp32"]);
  t.same(packsToTry("auto", "tfjs"), ["fp32"]);
  t.same(packsToTry("/packs/ours", "onnx"), ["/packs/ours"]);
});

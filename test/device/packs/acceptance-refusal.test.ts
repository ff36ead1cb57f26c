import t from "tap";
import { DeviceFault } from "../../../device/faults.ts";
import { startInference } from "../../../device/inference/inference.ts";
import { asRefusal, measurePack } from "../../../device/packs/acceptance.ts";
import { ModelError } from "../../../models/pack/errors.ts";
import { SHIPPED_PACK } from "../../support/pack.ts";

t.test("a thread that ends while it measures is no fault of the pack's", async (t) => {
  const inference = await startInference(SHIPPED_PACK);
  await inference[Symbol.asyncDispose]();
  const comparison = { reference: "a", probe: "b", mated: true, similarity: 1, liveness: 1, tolerance: 0.1 };
  const card = { lookAtMostMs: 1_000, pictures: { a: "", b: "" }, comparisons: [comparison] };
  const measuring = measurePack(inference, card as never, () => 0);
  await t.rejects(measuring.catch(asRefusal), { name: "CommandRefusal", code: "measuring_failed" });
});

t.test("each thing that is wrong with a pack has its own code", async (t) => {
  const codeOf = async (error: unknown) =>
    Promise.reject(error)
      .catch(asRefusal)
      .catch((refusal) => refusal.code ?? refusal.message);
  t.same(
    await Promise.all(
      [
        new ModelError("pack_altered", "a byte"),
        new ModelError("pack_invalid", "a field"),
        new DeviceFault("pack_refused", "another shape"),
        new DeviceFault("self_test_failed", "other numbers"),
        new Error("nobody expected this"),
      ].map(codeOf),
    ),
    ["pack_altered", "pack_invalid", "pack_mismatch", "worse_than_card", "nobody expected this"],
  );
});

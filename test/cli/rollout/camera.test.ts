import t from "tap";
import type { Operator } from "../../../carrier/client.ts";
import { type Change, sendChange } from "../../../cli/rollout/camera.ts";
import type { RolloutCameraAnswer } from "../../../cli/rollout/gateway.ts";

const CAMERA: RolloutCameraAnswer = { camera: "counter-1", stage: 1, state: "pending", before: null, because: null };
const CHANGE = { kind: "pack", pack: { claims: { hash: "b".repeat(64) } } } as unknown as Change;

/** A camera with another pack, that takes whatever is sent. */
function cameraThat(did: string[]): Operator {
  const packs = { active: { hash: "a".repeat(64) }, ready: [] };
  return {
    reported: async () => ({ packs, config: {} }),
    sendPack: async () => {
      did.push("sent");
      return { outcome: "done" };
    },
    command: async ({ type }: { readonly type: string }) => {
      did.push(type);
      return { outcome: "done", packs };
    },
  } as unknown as Operator;
}

t.test("a pack that was sent is put in force", async (t) => {
  const did: string[] = [];
  t.same(await sendChange(cameraThat(did), "one", CAMERA, CHANGE, async () => undefined), { state: "done" });
  t.same(did, ["sent", "pack_activate"]);
});

t.test("not when somebody took the rollout back while it was sent", async (t) => {
  const did: string[] = [];
  const note = async () => {
    if (did.includes("sent")) throw new Error("it is undoing");
  };
  await t.rejects(sendChange(cameraThat(did), "one", CAMERA, CHANGE, note), /undoing/);
  t.same(did, ["sent"]);
});

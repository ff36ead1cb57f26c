import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openUprightInference } from "../../../device/inference/upright-inference.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { openAimSlot } from "../../../device/verification/aim.ts";
import type { Aim } from "../../../protocol/messages/contract.ts";
import { syntheticCamera, syntheticInference } from "../../support/synthetic.ts";
import { until } from "../../support/until.ts";

const LOOK_MS = 150;

t.test("numbers carry the time of the picture that they describe, however long the look at it takes", async (t) => {
  const inference = {
    ...syntheticInference(),
    async sight() {
      await sleep(LOOK_MS);
      return { kind: "seen" as const, width: 1, height: 1, observation: { kind: "no_face" as const } };
    },
  };
  const messages: { readonly aim: Aim; readonly lateMs: number }[] = [];
  const slot = openAimSlot({
    camera: syntheticCamera(),
    inference: openUprightInference(inference, { choice: 0, known: 0, turned: () => undefined }),
    clock: systemClock,
    notifyAim: (aim) => messages.push({ aim, lateMs: systemClock.wallMs() - aim.atMs }),
  });
  await slot.begin({ jti: "aim-1", seconds: 20 } as Parameters<typeof slot.begin>[0]);
  await until(() => messages.length >= 2);
  await slot.end("cancelled");
  const last = messages.pop();
  t.match(last, { aim: { ended: "cancelled" } });
  // A timer may end a millisecond early, and the time is rounded.
  for (const { lateMs } of messages) t.ok(lateMs >= LOOK_MS - 3, `${lateMs} ms after the picture`);
});

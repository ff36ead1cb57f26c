import t from "tap";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openRequestHandler } from "../../../device/verification/request-handler.ts";
import { generatePrivateJwk, readKeySet, readPrivateKey } from "../../../protocol/encoding/tokens.ts";

const { d: _, ...carrier } = await generatePrivateJwk("signing");
const reader = {
  device: "counter-7",
  sealing: await readPrivateKey(await generatePrivateJwk("sealing"), "sealing"),
  carrier: await readKeySet(carrier),
  clock: systemClock,
  clockIsSet: () => true,
};

/** A handler whose refusals are never acknowledged. */
function handler() {
  const codes: string[] = [];
  const handle = openRequestHandler({
    reader,
    service: {
      verify: async () => void t.fail("a request") as undefined,
      cancel: () => void t.fail("a cancellation"),
      aim: async () => void t.fail("an aim"),
    },
    publisher: {
      refuse({ code }) {
        codes.push(code);
        return new Promise(() => undefined);
      },
      cancelled: async () => void t.fail("a cancellation"),
    },
    log: openLog("silent", "counter-7"),
  });
  return { codes, handle };
}

const message = (retained: boolean) => ({ topic: "request", payload: Buffer.from("junk"), reply: {}, retained });

t.test("a retained message is refused as such before it is read", async (t) => {
  const { codes, handle } = handler();
  await handle(message(true));
  t.same(codes, ["retained"]);
});

t.test("a message is handled although the broker has not acknowledged its refusal", async (t) => {
  const { codes, handle } = handler();
  await Promise.all([handle(message(false)), handle(message(false))]);
  t.same(codes, ["malformed", "malformed"]);
});

import t from "tap";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openRequestHandler } from "../../../device/verification/request-handler.ts";
import { generatePrivateJwk, readKeySet, readPrivateKey } from "../../../protocol/encoding/tokens.ts";
import { Refusal } from "../../../protocol/readers/request-reader.ts";
import { claimsOf, sealed } from "../../support/requests.ts";
import { until } from "../../support/until.ts";

const secret = await generatePrivateJwk("signing");
const { d: _, ...carrier } = secret;
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

t.test(
  "a request that waits holds up no other, and its photo is overwritten when it is refused after all",
  async (t) => {
    const codes: string[] = [];
    let [photo, late]: [Uint8Array, (error: Error) => void] = [new Uint8Array(), () => undefined];
    const handle = openRequestHandler({
      reader,
      service: {
        async verify(request) {
          photo = request.photo;
          const served = new Promise<void>((_resolve, reject) => {
            late = reject;
          });
          return { served };
        },
        cancel: () => undefined,
        aim: async () => undefined,
      },
      publisher: { refuse: async ({ code }) => void codes.push(code), cancelled: async () => undefined },
      log: openLog("silent", "counter-7"),
    });
    const claims = claimsOf(Buffer.from("a photo"), { aud: "counter-7", policy: { waitMs: 60_000 } });
    const payload = Buffer.from(await sealed(claims, secret, reader.sealing.public));
    await handle({ topic: "request", payload, reply: {}, retained: false });
    await handle(message(false));
    t.same(codes, ["malformed"]);
    t.equal(Buffer.from(photo).toString(), "a photo");
    late(new Refusal("busy"));
    t.ok(await until(() => codes.length === 2));
    t.same(codes, ["malformed", "busy"]);
    t.ok(photo.every((byte) => byte === 0));
  },
);

import t from "tap";
import { prepareReceipt } from "../../../carrier/request.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openRequestHandler } from "../../../device/verification/request-handler.ts";
import { digest, generatePrivateJwk, readKeySet, readPrivateKey, sign } from "../../../protocol/encoding/tokens.ts";
import { type ReceiptClaims, TYPES } from "../../../protocol/messages/contract.ts";
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
  const [codes, digests]: [string[], string[]] = [[], []];
  const receipts: ReceiptClaims[] = [];
  const handle = openRequestHandler({
    reader,
    service: {
      verify: async () => void t.fail("a request") as undefined,
      cancel: () => void t.fail("a cancellation"),
      aim: async () => void t.fail("an aim"),
      knows: () => false,
    },
    publisher: {
      refuse({ code }, asked) {
        codes.push(code);
        digests.push(asked.digest);
        return new Promise(() => undefined);
      },
      cancelled: async () => void t.fail("a cancellation"),
    },
    receipted: async (receipt) => void receipts.push(receipt),
    log: openLog("silent", "counter-7"),
  });
  return { codes, digests, receipts, handle };
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

t.test("a receipt that the carrier signed is passed on; any other is refused, and changes nothing", async (t) => {
  const { codes, receipts, handle } = handler();
  const named = [{ seq: 1, digest: digest("a report") }];
  const asker = { issuer: "carrier", key: await readPrivateKey(secret, "signing") };
  const stranger = { issuer: "carrier", key: await readPrivateKey(await generatePrivateJwk("signing"), "signing") };
  const take = async (payload: string, retained = false) =>
    handle({ topic: "request", payload: Buffer.from(payload), reply: {}, retained });
  await take(await prepareReceipt(asker, "counter-7", named));
  t.match(receipts, [{ aud: "counter-7", reports: named }]);
  await take(await prepareReceipt(stranger, "counter-7", named));
  await take(await prepareReceipt(asker, "counter-8", named));
  await take(await prepareReceipt(asker, "counter-7", named), true);
  const claims = { v: 1, jti: "receipt-1", iss: "carrier", aud: "counter-7", reports: named };
  const signed = (change: object) => sign({ ...claims, ...change }, TYPES.receipt, asker.key);
  const now = Math.floor(Date.now() / 1000);
  await take(await signed({ iat: now - 400, exp: now - 100 }));
  await take(await signed({ iat: now, exp: now + 60, later: "x".repeat(20_000) }));
  t.same(codes, ["bad_signature", "wrong_audience", "retained", "expired", "malformed"]);
  t.equal(receipts.length, 1);
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
          return { accepted: served };
        },
        cancel: () => undefined,
        aim: async () => undefined,
        knows: () => false,
      },
      publisher: { refuse: async ({ code }) => void codes.push(code), cancelled: async () => undefined },
      receipted: async () => undefined,
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

t.test("answers that the broker does not acknowledge are bounded, and keep a digest and no message", async (t) => {
  const { codes, digests, handle } = handler();
  for (let i = 0; i < 1_100; i++) await handle(message(false));
  t.equal(codes.length, 1_000);
  t.equal(digests[0], digest("junk"));
});

t.test("a request that was accepted before is passed on after its time, and any other is refused", async (t) => {
  const [codes, repeated]: [string[], string[]] = [[], []];
  const old = Math.floor(Date.now() / 1000) - 3_600;
  const claims = (jti: string) => claimsOf(Buffer.from("a photo"), { jti, aud: "counter-7", iat: old, exp: old + 120 });
  const handle = openRequestHandler({
    reader,
    service: {
      async verify({ jti }) {
        repeated.push(jti);
        return undefined;
      },
      cancel: () => undefined,
      aim: async () => undefined,
      knows: (jti) => jti === "request-1",
    },
    publisher: { refuse: async ({ code }) => void codes.push(code), cancelled: async () => undefined },
    receipted: async () => undefined,
    log: openLog("silent", "counter-7"),
  });
  const take = async (change: object) => {
    const payload = Buffer.from(await sealed({ ...claims("request-1"), ...change }, secret, reader.sealing.public));
    await handle({ topic: "request", payload, reply: {}, retained: false });
  };
  await take({});
  t.same([repeated, codes], [["request-1"], []]);
  await take({ jti: "request-2" });
  await take({ aud: "counter-8" });
  t.same([repeated, codes], [["request-1"], ["expired", "wrong_audience"]]);
});

import t from "tap";
import { type Ask, prepareCancel, prepareVerify, readKey } from "../../carrier/request.ts";
import { digest, generatePrivateJwk, readKeySet } from "../../protocol/encoding/tokens.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import { readRequest } from "../../protocol/readers/request-reader.ts";
import { signingDevice } from "../support/signing-device.ts";
import { askWith } from "../support/stage.ts";

const key = await readKey(await generatePrivateJwk("signing"));
const asker = { issuer: "carrier", key };
const { identity, sealing } = await signingDevice("counter-7");
const reader = {
  device: "counter-7",
  sealing,
  carrier: await readKeySet(key.public),
  clock: { wallMs: Date.now },
  clockIsSet: () => true,
};

t.test("what is prepared is what the device reads", async (t) => {
  for (const photo of [Buffer.from([0xff, 0xd8, 0xff]), Buffer.from([0x89, 0x50, 0x4e])]) {
    const ask = askWith(photo, 20_000);
    const prepared = await prepareVerify(asker, identity, ask);
    t.match(prepared, { digest: digest(prepared.sealed), timeoutMs: 20_000 });
    t.match(await readRequest(Buffer.from(prepared.sealed), reader), {
      type: "verify",
      jti: prepared.jti,
      iss: "carrier",
      consent: ask.consent,
      photo,
    });
  }
  const { sealed } = await prepareCancel(asker, identity, "request-1", "declined");
  t.match(await readRequest(Buffer.from(sealed), reader), { type: "cancel", request: "request-1" });
});

t.test("a photo that no device could read is refused before it is sent", async (t) => {
  for (const photo of [Buffer.alloc(0), Buffer.from("GIF89a"), Buffer.alloc(LIMITS.referenceBytes + 1, 0xff)]) {
    await t.rejects(prepareVerify(asker, identity, askWith(photo)), { name: "CarrierError", code: "bad_input" });
  }
});

t.test("what JavaScript lets through is refused in words: a misspelt policy, a path, no key", async (t) => {
  const photo = Buffer.from([0xff, 0xd8, 0xff]);
  const misspelt: Ask = JSON.parse('{"policy":{"assurence":"high"}}');
  const path: Ask = JSON.parse('{"reference":"photo.jpg"}');
  const badInput = (message: RegExp) => ({ code: "bad_input", message });
  await t.rejects(
    prepareVerify(asker, identity, { ...askWith(photo), ...misspelt }),
    badInput(/no "assurence", but .*assurance/),
  );
  await t.rejects(prepareVerify(asker, identity, { ...askWith(photo), ...path }), badInput(/not its path/));
  await t.rejects(readKey(JSON.parse("{}").key), badInput(/must be a private JWK/));
});

t.test("a key is a private signing key", async (t) => {
  const sealingKey = await generatePrivateJwk("sealing");
  for (const wrong of [key.public, sealingKey, { kty: "RSA", crv: "Ed25519", d: "AAAA" }, {}]) {
    await t.rejects(readKey(wrong), { name: "CarrierError", code: "bad_input" });
  }
});

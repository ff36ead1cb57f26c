import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import t from "tap";
import { SECRET, signatureHeaders } from "../../../gateway/webhooks/signature.ts";

t.test("the published example of Standard Webhooks has the published signature", async (t) => {
  const example = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: '{"test": 2432232314}' };
  t.same(signatureHeaders(example, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]), {
    "webhook-id": example.id,
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

t.test("a receiver's library takes either of two secrets, and no other", async (t) => {
  const secret = () => `whsec_${randomBytes(24).toString("base64")}`;
  const [old, fresh] = [secret(), secret()];
  const body = '{"type":"verification.ended"}';
  const headers = signatureHeaders({ id: "event-1", timestamp: Math.floor(Date.now() / 1000), body }, [old, fresh]);
  for (const one of [old, fresh]) t.same(new Webhook(one).verify(body, headers), JSON.parse(body));
  t.throws(() => new Webhook(secret()).verify(body, headers));
  t.throws(() => new Webhook(old).verify(`${body} `, headers));
});

t.test("secrets are long enough, and written as the convention says", async (t) => {
  for (const bytes of [24, 32, 64]) t.match(`whsec_${randomBytes(bytes).toString("base64")}`, SECRET);
  for (const text of ["", "whsec_", "whsec_c2hvcnQ=", `${"A".repeat(32)}`, `whsec_${"A".repeat(200)}`])
    t.notMatch(text, SECRET);
});

import { randomUUID } from "node:crypto";
import { join } from "node:path";
import t, { type Test } from "tap";
import { openManagement } from "../../../device/management/command-handler.ts";
import type { Packs } from "../../../device/packs/installed-packs.ts";
import { systemClock } from "../../../device/process/clock.ts";
import type { Log } from "../../../device/process/log.ts";
import { openStore } from "../../../device/storage/store.ts";
import {
  digest,
  generatePrivateJwk,
  type PrivateKey,
  readKeySet,
  readPrivateKey,
  sign,
} from "../../../protocol/encoding/tokens.ts";
import type { AnswerClaims } from "../../../protocol/messages/command-contract.ts";
import { TYPES } from "../../../protocol/messages/contract.ts";
import { CommandRefusal } from "../../../protocol/readers/command-reader.ts";
import { writeChunk } from "../../../protocol/readers/pack-chunk.ts";

const NAME = "managed-camera";

/** A management over a real store; `packs` are those of a device that has only its release's. */
async function manage(t: Test, packs: Partial<Packs> = {}, isManaged = true) {
  const operatorKey = await generatePrivateJwk("signing");
  const { d: _, ...operatorPublic } = operatorKey;
  const keys = await readKeySet(operatorPublic);
  const carrierKey = await generatePrivateJwk("signing");
  const { d: __, ...carrierPublic } = carrierKey;
  const carrierKeys = await readKeySet(carrierPublic);
  const resent: [number, number][] = [];
  const store = await openStore(join(t.testdir({}), "ledger"));
  t.teardown(() => store[Symbol.asyncDispose]());
  const answers: AnswerClaims[] = [];
  const said: { readonly event: string }[] = [];
  const say = (line: { readonly event: string }) => void said.push(line);
  const active = { id: "int8", hash: "0".repeat(64), from: "release" } as const;
  const management = openManagement({
    reader: {
      device: NAME,
      operator: isManaged ? keys : undefined,
      carrier: carrierKeys,
      publisher: keys,
      clock: systemClock,
      clockIsSet: () => true,
    },
    store,
    configuration: { reported: () => ({}), change: () => ({}) } as never,
    packs: { reported: async () => ({ active, previous: null, ready: [] }), ...packs } as Packs,
    log: { debug: say, info: say, warn: say, error: say, fatal: say } as unknown as Log,
    answer: async (claims) => void answers.push(claims),
    resend: async (from, to, also) => {
      resent.push([from, to]);
      await store.write(also);
    },
    changed: () => undefined,
    reopen: () => undefined,
    diagnose: async (jti) => `diagnostics of ${jti}`,
  });
  const key = await readPrivateKey(operatorKey, "signing");
  return { management, answers, said, store, key, carrierKey: await readPrivateKey(carrierKey, "signing"), resent };
}

t.test("the carrier may ask for reports again, and for nothing else; the operator for both", async (t) => {
  for (const isManaged of [true, false]) {
    const { management, answers, resent, key, carrierKey } = await manage(t, {}, isManaged);
    const command = async (by: PrivateKey, claims: object) => {
      const iat = Math.floor(Date.now() / 1000);
      const all = { v: 1, jti: randomUUID(), iss: "carrier", aud: NAME, iat, exp: iat + 60, ...claims };
      const message = Buffer.from(await sign(all, TYPES.command, by));
      await management.command(message);
      return { message, answer: answers.at(-1)?.code ?? answers.at(-1)?.outcome };
    };
    const again = { type: "report_resend", from: 3, to: 5 };
    const { message, answer } = await command(carrierKey, again);
    t.equal(answer, "done");
    await management.command(message);
    t.same(resent, [[3, 5]], "a repeat is answered, and not done again");
    t.equal((await command(key, again)).answer, isManaged ? "done" : "bad_signature");
    t.equal(
      (await command(carrierKey, { type: "pack_rollback" })).answer,
      isManaged ? "bad_signature" : "management_off",
    );
    t.equal((await command(carrierKey, { ...again, to: 2 })).answer, "invalid_claims");
    t.equal((await command(carrierKey, { ...again, to: 600 })).answer, "invalid_claims");
  }
});

t.test("a diagnose that comes again is answered without diagnostics, and one to no point is refused", async (t) => {
  const { management, answers, key } = await manage(t);
  const iat = Math.floor(Date.now() / 1000);
  const jti = randomUUID();
  const { x, y } = await generatePrivateJwk("sealing");
  const ask = async (claims: object) => {
    const all = { v: 1, jti, iss: "operator", aud: NAME, iat, exp: iat + 60, type: "diagnose", ...claims };
    await management.command(Buffer.from(await sign(all, TYPES.command, key)));
    const { outcome, code, diagnostics, jti: of } = answers.at(-1) ?? {};
    return { outcome, code, diagnostics, of };
  };
  const to = { kty: "EC", crv: "P-256", x, y };
  t.match(await ask({ to: { ...to, y: x } }), { outcome: "refused", code: "invalid_claims", of: jti });
  t.match(await ask({ to }), { outcome: "done", diagnostics: `diagnostics of ${jti}` });
  t.match(await ask({ to }), { outcome: "done", diagnostics: undefined, of: jti });
  t.match(await ask({ to, jti: randomUUID() }), { outcome: "done", diagnostics: /diagnostics of/ });
});

t.test("a command is handled when its answer is made, one after the other", async (t) => {
  const { management, answers } = await manage(t);
  const handled = [1, 2].map(() => management.command(Buffer.alloc(3_000_000, "x")));
  await handled[0];
  t.same(
    answers.map(({ code }) => code),
    ["too_large"],
  );
  await handled[1];
  t.equal(answers.length, 2);
});

const HASH = "f".repeat(64);

/** A pack's token and its offer; one key is its publisher's and the operator's. */
async function offer(key: PrivateKey): Promise<Buffer> {
  const iat = Math.floor(Date.now() / 1000);
  const files = [{ name: "manifest.json", sizeBytes: 10, sha256: HASH }];
  const pack = await sign({ v: 1, iat, id: "fake", version: "1", hash: HASH, files }, TYPES.pack, key);
  const claims = { v: 1, jti: randomUUID(), iss: "operator", aud: NAME, iat, exp: iat + 60, type: "pack_offer", pack };
  return Buffer.from(await sign(claims, TYPES.command, key));
}

t.test("chunks answer the offer that was taken, not one that was refused after it", async (t) => {
  const offers: (() => "working")[] = [
    () => "working",
    () => {
      throw new CommandRefusal("storage_failed");
    },
  ];
  const { management, answers, key } = await manage(t, {
    offer: async () => offers.shift()?.() ?? "done",
    take: async () => "working",
  });
  const [taken, refused] = [await offer(key), await offer(key)];
  management.command(taken);
  management.command(refused);
  management.chunk(writeChunk({ hash: HASH, offset: 0, data: Buffer.alloc(5) }));
  await management.idle();
  t.same(
    answers.map((answer) => [answer.outcome, answer.digest]),
    [
      ["working", digest(taken)],
      ["refused", digest(refused)],
      ["working", digest(taken)],
    ],
  );
});

t.test("an offer that comes again is answered by how its pack stands, and not taken again", async (t) => {
  let incoming: { readonly hash: string; readonly receivedBytes: number; readonly sizeBytes: number } | undefined;
  let offers = 0;
  const active = { id: "int8", hash: "0".repeat(64), from: "release" } as const;
  const { management, answers, key, store } = await manage(t, {
    async offer(_pack, _token, also) {
      await store.write(also);
      offers++;
      incoming = { hash: HASH, receivedBytes: 0, sizeBytes: 10 };
      return "working";
    },
    reported: async () => ({ active, previous: null, ready: [], ...(incoming ? { incoming } : {}) }),
  });
  const once = await offer(key);
  management.command(once);
  management.command(once);
  await management.idle();
  incoming = undefined;
  management.command(once);
  await management.idle();
  t.equal(offers, 1);
  t.same(
    answers.map(({ outcome, code }) => code ?? outcome),
    ["working", "working", "unknown_pack"],
  );
  management.command(await offer(key));
  await management.idle();
  t.equal(offers, 2, "offered anew it is taken");
});

t.test("an answer names no path of the device", async (t) => {
  const { management, answers, key } = await manage(t, {
    async offer() {
      throw new Error("ENOENT: no such file or directory, open '/var/lib/matchlight/packs/incoming/stream'");
    },
  });
  management.command(await offer(key));
  await management.idle();
  t.match(answers, [{ code: "failed", because: "ENOENT: no such file or directory, open '…'" }]);
});

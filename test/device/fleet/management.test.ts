import { join } from "node:path";
import t, { type Test } from "tap";
import { systemClock } from "../../../device/clock.ts";
import { openManagement } from "../../../device/fleet/management.ts";
import type { Packs } from "../../../device/fleet/packs.ts";
import type { AnswerClaims } from "../../../device/link/commands.ts";
import { generatePrivateJwk, readKeySet, readPrivateKey } from "../../../device/link/seal.ts";
import { openStore } from "../../../device/link/store.ts";
import type { Log } from "../../../device/log.ts";

const NAME = "managed-camera";

/** A management over a real store; `packs` are those of a device that has only its release's. */
async function manage(t: Test, packs: Partial<Packs> = {}) {
  const operatorKey = await generatePrivateJwk("signing");
  const { d: _, ...operatorPublic } = operatorKey;
  const store = await openStore(join(t.testdir({}), "ledger"));
  t.teardown(() => store[Symbol.asyncDispose]());
  const answers: AnswerClaims[] = [];
  const said: { readonly event: string }[] = [];
  const say = (line: { readonly event: string }) => void said.push(line);
  const active = { id: "int8", hash: "0".repeat(64), from: "release" } as const;
  const management = openManagement({
    reader: { device: NAME, operator: await readKeySet(operatorPublic), clock: systemClock, clockIsSet: () => true },
    store,
    configuration: { reported: () => ({}) } as never,
    packs: { reported: async () => ({ active, previous: null, ready: [] }), ...packs } as Packs,
    log: { debug: say, info: say, warn: say, error: say, fatal: say } as unknown as Log,
    answer: async (claims) => void answers.push(claims),
    changed: () => undefined,
  });
  return { management, answers, said, store, key: await readPrivateKey(operatorKey, "signing") };
}

t.test("messages beyond the bound are left, and told once in the log", async (t) => {
  const { management, answers, said } = await manage(t);
  for (let i = 0; i < 4; i++) management.command(Buffer.alloc(3_000_000, "x"));
  await management.idle();
  t.same(
    answers.map(({ code }) => code),
    ["too_large", "too_large"],
  );
  t.same(
    said.filter(({ event }) => event === "commands_overrun"),
    [{ event: "commands_overrun", waiting: 2, bytes: 6_000_000 }],
  );
});

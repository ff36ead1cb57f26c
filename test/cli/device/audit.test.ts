import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { lockFolder } from "../../../device/management/data-folder-lock.ts";
import { loadKeys, rotateKeys } from "../../../device/management/device-keys.ts";
import { openLedger } from "../../../device/messaging/ledger.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { inconclusive } from "../../../device/session/decision.ts";
import { NO_EVIDENCE } from "../../../device/session/evidence.ts";
import { openStore } from "../../../device/storage/store.ts";
import { reportClaims } from "../../../device/verification/report-claims.ts";
import { readKeySet, sign } from "../../../protocol/encoding/tokens.ts";
import { TYPES } from "../../../protocol/messages/contract.ts";
import { checkChain, describeFinding } from "../../../protocol/messages/report-chain.ts";

const run = promisify(execFile);

/** `matchlight …`: its exit code and what it said. */
async function matchlight(...args: readonly string[]) {
  const child = run(process.execPath, [join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js"), ...args]);
  const said = await child.catch((error: { stdout: string; stderr: string }) => error);
  return { code: child.child.exitCode, text: said.stdout + said.stderr };
}

/** A data folder with so many reports, signed by keys that were changed in the middle. */
async function dataFolder(t: Test, reports: number): Promise<string> {
  const data = join(t.testdir({}), "data");
  await using store = await openStore(join(data, "ledger"));
  const ledger = openLedger(store, Date.now);
  for (let i = 1; i <= reports; i++) {
    const keys = await loadKeys(data);
    const { signing } = i === 3 ? await rotateKeys(data) : keys;
    const jti = `request-${i}`;
    const pack = { id: "none", hash: "none" };
    const context = {
      jti,
      device: "cam",
      threshold: 0.5,
      fmr: 0.001,
      pack,
      assurance: "standard" as const,
      startedMs: Date.now(),
    };
    await ledger.conclude({ jti, acceptedAtMs: 0, expiresAtMs: 0 }, (head) =>
      sign(
        reportClaims(inconclusive("timeout", NO_EVIDENCE), { ...context, clock: systemClock }, head),
        TYPES.report,
        signing,
      ),
    );
  }
  return data;
}

t.test("a chain is exported and verified, and whatever was done to it is named", async (t) => {
  const data = await dataFolder(t, 5);
  const file = join(data, "chain.jsonl");
  t.equal((await matchlight("audit", "export", "--data", data, "--out", file)).code, 0);
  const whole = await matchlight("audit", "verify", file);
  t.match(whole, { code: 0, text: /5 reports, 1 to 5: the chain is whole/ }, "reports of a retired key too");

  const lines = (await readFile(file, "utf8")).trim().split("\n");
  const without = (at: number) => lines.filter((_, i) => i !== at);
  const [head = "", a = "", b = "", c = "", d = "", e = ""] = lines;
  const edited = JSON.stringify({ seq: 2, token: JSON.parse(b).token.replace(/\.(.)/, ".A") });
  const CASES: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["two removed", [a, d, e], /reports 2 to 3 are missing/],
    ["edited", [a, edited, c, d, e], /line 2 is no report of this device, or was changed.*report 2 is missing/],
    ["reordered", [a, c, b, d, e], /line 3: report 2 stands after report 3/],
    ["repeated", [a, a, b, c, d, e], /there are two reports 1/],
  ];
  const keys = await readKeySet(JSON.parse(head));
  for (const [name, changed, words] of CASES) {
    const { findings } = await checkChain(
      changed.map((line) => JSON.parse(line).token),
      keys,
    );
    t.match(findings.map(describeFinding).join("; "), words, name);
  }
  await writeFile(file, `${without(3).join("\n")}\n`);
  t.match(await matchlight("audit", "verify", file), { code: 1, text: /report 3 is missing/ }, "removed");
  await writeFile(file, `${lines.join("\n")}\n`);
  const foreign = await matchlight("audit", "verify", file, "--pin", "another-thumbprint");
  t.match(foreign, { code: 3, text: /another camera's/ });
});

t.test("identity: shown without private parts, replaced only while nobody uses it", async (t) => {
  const data = await dataFolder(t, 1);
  const shown = await matchlight("identity", "show", "--data", data, "--json");
  const before = JSON.parse(shown.text);
  t.notMatch(shown.text, '"d":');
  {
    await using _used = await lockFolder(data);
    t.match(await matchlight("identity", "rotate", "--data", data), { code: 3, text: /used by another Matchlight/ });
  }
  t.equal((await matchlight("identity", "rotate", "--data", data)).code, 0);
  const after = JSON.parse((await matchlight("identity", "show", "--data", data, "--json")).text);
  t.not(after.signing.kid, before.signing.kid);
  t.not(after.sealing.kid, before.sealing.kid);
  t.equal(after.retired[0].kid, before.signing.kid);
});

t.test("a file that is no exported chain is named as such", async (t) => {
  const folder = t.testdir({ junk: "hello", numbers: "1\n2\n", empty: "", other: '{"seq":1}\n' });
  for (const name of ["junk", "numbers", "empty", "other"]) {
    const { code, text } = await matchlight("audit", "verify", join(folder, name));
    t.equal(code, 3, name);
    t.match(text, /it is not what `matchlight audit export` wrote/, name);
  }
  t.match(await matchlight("audit", "verify", join(folder, "none")), { code: 3, text: /cannot be read \(ENOENT\)/ });
});

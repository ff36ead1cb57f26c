import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { generatePrivateJwk } from "../../../protocol/encoding/tokens.ts";
import type { Suite } from "../../contract/suite.ts";
import { leavesNoDump } from "./crash.ts";
import { CHIP, recordLight } from "./lamps.ts";
import { holdLights } from "./lights.ts";
import { openBoardBroker, openShop, type Shop, shopEnvironment } from "./shop.ts";
import { boardSuite, tell } from "./suite.ts";
import { openVivid, playFilm } from "./vivid.ts";

/** What the board must show: lights both ways, a doctor's visit, and one match and one no_match through the kernel. */
const LIGHT = { MATCHLIGHT_LIGHT: `gpiochip:${CHIP}?red=0&green=1&blue=2` };

/**
 * What the service may have in memory: a board of 512 MB has the system, too. How much of the heap is garbage depends on how
 * often the collector's threads get a processor: 158 MB were seen on a quiet host, and 171 on one at load 12.
 */
const START_MB = 140;
const VERIFICATION_MB = 190;

const CHECKS = [
  "settings",
  "camera /dev/video0",
  "camera in use",
  "GPIO",
  "light",
  "model pack",
  "keys",
  "disk",
  "broker",
];

interface Visit {
  readonly stdout: string;
  readonly code?: number;
}

const execute = promisify(execFile);

async function verifies(t: Suite): Promise<void> {
  const light = recordLight();
  await using shop = await openShop(LIGHT);
  t.ok(light.seen().includes("white"), "white while it starts");
  await staysSmall(t, shop, "until it is ready", START_MB);
  t.equal(await shop.verify("right.jpg"), "match", "the right person");
  const matched = await light.seenUntil("green");
  await staysSmall(t, shop, "during the first verification", VERIFICATION_MB);
  t.ok(matched.includes("white"), "white while it looks");
  t.equal(matched.at(-1), "green", "green at the end");
  t.equal(await shop.verify("other.jpg"), "no_match", "somebody else");
  const refused = await light.seenUntil("amber");
  t.ok(refused.includes("amber"), "amber: please see staff");
  t.ok(![...matched, ...refused].includes("red"), "never red for a person");
  light.stop();
  await staysSmall(t, shop, "during the second verification", VERIFICATION_MB);
  await leavesNoDump(t, shop);
}

/** Tells the memory of the service, and holds the most that it has had since the last time. */
async function staysSmall(t: Suite, shop: Shop, when: string, mostMegabytes: number): Promise<void> {
  const memory = await shop.readMemory();
  tell({ kind: "figure", name: `the service's memory ${when}, MB`, ...memory });
  t.ok(memory.most <= mostMegabytes, `at most ${mostMegabytes} MB ${when}`);
}

async function doctorPasses(t: Suite): Promise<void> {
  await using _broker = await openBoardBroker();
  const { d: _, ...publicKey } = await generatePrivateJwk("signing");
  const doctor = execute(process.execPath, ["/app/dist/cli/matchlight.js", "doctor", "--json"], {
    env: shopEnvironment(publicKey, LIGHT),
  });
  const { stdout, code = 0 }: Visit = await doctor.catch((error: Visit) => error);
  const findings = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const finding of findings) tell({ kind: "finding", ...finding });
  const level = (check: string) => findings.find((finding) => finding.check === check)?.level;
  for (const check of CHECKS) t.equal(level(check), "ok", check);
  t.equal(level("clock"), "warn", "no time service runs here, and it says so");
  t.equal(code, 1, "which is the worst it found");
}

const t = boardSuite();
const vivid = openVivid();
await t.test("lights", holdLights);
{
  await using _film = await playFilm(vivid);
  await t.test("a verification through the kernel's camera", verifies);
  await t.test("the doctor", doctorPasses);
}
process.exit(t.failures() === 0 ? 0 : 1);

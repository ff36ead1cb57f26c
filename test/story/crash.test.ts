import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";

const run = promisify(execFile);
const ROUNDS = 3;

t.test("a mistake in the program is logged and ends it by its exit code, whatever networks are at", async (t) => {
  await using broker = await startTestBroker();
  const { d: _, ...carrier } = await generatePrivateJwk("signing");
  const program = join(PACKAGE_FOLDER, "dist", "test", "support", "crashing-device.js");
  for (let round = 0; round < ROUNDS; round++) {
    const args = [broker.url.href, join(t.testdir({}), "data"), JSON.stringify(carrier)];
    const child = run(process.execPath, [program, ...args]);
    const { stdout } = await child.catch((error: { stdout: string }) => error);
    t.match(stdout, /"event":"crashed","err":\{"type":"Error","message":"a mistake"/);
    t.same([child.child.exitCode, child.child.signalCode], [1, null]);
  }
});

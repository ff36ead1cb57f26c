import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCounts } from "../support/tool-arguments.ts";
import { buildFakeKernel } from "./kernel.ts";

const HELP = `npm run soak -- [seconds, 600 if left out]

Builds the fake kernel (a C library that simulates a V4L2 camera) and streams from it through the real addon. Prints memory and
the counts of frames, buffers and mappings as JSON. Needs a C compiler.
`;

const { seconds } = readCounts(HELP, { seconds: 600 });
const folder = await mkdtemp(join(tmpdir(), "matchlight-soak-"));
try {
  const env = { ...process.env, ...(await buildFakeKernel(folder, 60)) };
  const program = fileURLToPath(new URL("./soak.js", import.meta.url));
  const { status } = spawnSync(process.execPath, ["--expose-gc", program, String(seconds)], {
    env,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

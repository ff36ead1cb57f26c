import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildFakeKernel } from "./kernel.ts";

/** `npm run soak -- <seconds>`: builds the fake kernel and streams in it. */
const folder = await mkdtemp(join(tmpdir(), "matchlight-soak-"));
try {
  const env = { ...process.env, ...(await buildFakeKernel(folder, 60)) };
  const program = fileURLToPath(new URL("./soak.js", import.meta.url));
  const { status } = spawnSync(process.execPath, ["--expose-gc", program, process.argv[2] ?? "600"], {
    env,
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

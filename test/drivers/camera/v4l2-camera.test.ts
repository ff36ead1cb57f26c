import { fileURLToPath } from "node:url";
import t from "tap";
import { buildFakeKernel } from "../../fake-kernel/kernel.ts";

const suite = fileURLToPath(new URL("../../fake-kernel/camera-suite.js", import.meta.url));
const env = { ...process.env, ...(await buildFakeKernel(t.testdir({}), 30)), TAP: "1" };
await t.spawn(process.execPath, [suite], { env }, "a camera in the fake kernel");

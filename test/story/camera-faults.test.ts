import { fileURLToPath } from "node:url";
import t from "tap";
import { buildFakeKernel } from "../fake-kernel/kernel.ts";

const suite = fileURLToPath(new URL("../fake-kernel/device-suite.js", import.meta.url));
const env = { ...process.env, ...(await buildFakeKernel(t.testdir({}), 12)), TAP: "1", TAP_TIMEOUT: "600" };
await t.spawn(process.execPath, [suite], { env }, "devices in the fake kernel");

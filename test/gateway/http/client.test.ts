import { execFile } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { PACKAGE_FOLDER } from "../../../device/process/package-folder.ts";
import { fakePhoto, type GatewayStage, setGatewayStage } from "../../support/gateway.ts";
import { syntheticCamera } from "../../support/synthetic.ts";
import { openSynthetic } from "../../support/synthetic-device.ts";

const run = promisify(execFile);
const PACKAGES = join(PACKAGE_FOLDER, "node_modules");

/** A generator and a compiler take longer than a test may: `npm run client`. */
const wanted = process.env["MATCHLIGHT_TEST_CLIENT"] !== undefined;

/** As a POS that is strict about types would have it. */
const CONFIGURATION = {
  compilerOptions: {
    strict: true,
    target: "ES2023",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    module: "NodeNext",
    types: ["node"],
    typeRoots: [join(PACKAGES, "@types")],
    rootDir: ".",
    outDir: "out",
  },
};

/** Generates the client from what the gateway says of itself, and compiles docs/pos.ts with it. Gives the program. */
async function makeProgram(folder: string, gateway: URL): Promise<string> {
  await copyFile(join(PACKAGE_FOLDER, "docs", "pos.ts"), join(folder, "pos.ts"));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(CONFIGURATION));
  const description = new URL("/openapi.json", gateway).href;
  const generator = join(PACKAGES, "@hey-api", "openapi-ts", "bin", "run.js");
  await run(process.execPath, [generator, "-i", description, "-o", "client"], { cwd: folder });
  await run(process.execPath, [join(PACKAGES, "typescript", "bin", "tsc"), "-p", "."], { cwd: folder });
  return join(folder, "out", "pos.js");
}

interface CameraOptions {
  readonly name: string;
  readonly folder: string;
  readonly frameMs: number;
}

async function addCamera(
  t: Test,
  { broker, key, ask }: GatewayStage,
  { name, folder, frameMs }: CameraOptions,
): Promise<void> {
  const own = { camera: syntheticCamera(frameMs) };
  const dataFolder = join(folder, name);
  const { device } = await openSynthetic({ brokerUrl: broker.url, name, carrier: key, dataFolder, own });
  t.teardown(() => device[Symbol.asyncDispose]());
  while (!(await (await ask(`/v1/cameras/${name}`, "fleet")).text()).includes('"ready"')) await sleep(50);
}

t.test("a client generated from the description", { skip: wanted ? false : "npm run client" }, async (t) => {
  const stage = await setGatewayStage(t);
  const folder = t.testdir({ "photo.jpg": fakePhoto(100_000), "photo.gif": "GIF89a" });
  await addCamera(t, stage, { name: "counter-1", folder, frameMs: 2 });
  // Slow enough to be cancelled before it has decided.
  await addCamera(t, stage, { name: "counter-2", folder, frameMs: 500 });
  const program = await makeProgram(folder, stage.gateway.url);
  const token = await stage.token("camera:counter-1 camera:counter-2");
  /** What it prints, and whether it found a problem. */
  const verify = async (how: string, photo = "photo.jpg", camera = "counter-1") => {
    const given = [stage.gateway.url.href, token, camera, join(folder, photo), how];
    const ended = await run(process.execPath, [program, ...given]).catch((error) => error);
    return { failed: ended.code === 1, ...JSON.parse(ended.stdout) };
  };

  const reported = { failed: false, cameraWas: "ready", state: "reported", report: /^ey/ };
  t.match(await verify("json"), { ...reported, decision: "match" }, "with the photo in base64");
  t.match(await verify("form"), { ...reported, decision: "match" }, "with the photo as a file");
  const declined = { ...reported, camera: "counter-2", decision: "inconclusive", reason: "declined" };
  t.match(await verify("cancel", "photo.jpg", "counter-2"), declined);
  t.match(await verify("json", "photo.gif"), { failed: true, status: 422, code: "photo_refused" });
  t.match(await verify("form", "photo.gif"), { failed: true, status: 422, code: "photo_refused" });
  t.match(await verify("json", "photo.jpg", "counter-3"), { failed: true, status: 404, code: "not_found" });
});

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { openOperator } from "../../../carrier/client.ts";
import { checkSettings } from "../../../device/app/check.ts";
import { DeviceFault } from "../../../device/faults.ts";
import type { Circumstances } from "../../../device/packs/pack-choice.ts";
import { settlePack, timePacks } from "../../../device/packs/pack-trial.ts";
import { openLog } from "../../../device/process/log.ts";
import { packFolder } from "../../../device/process/package-folder.ts";
import { media } from "../../support/media.ts";
import { setTestStage, TEST_DEVICE } from "../../support/stage.ts";

/** Times that a test says, and how often they were asked for. */
function saying(int8: number, fp32: number) {
  const said = { times: 0 };
  const measure = async ({ packs }: Circumstances) => {
    said.times++;
    return packs.map((one) => ({ ...one, frameMs: one.pack === "int8" ? int8 : fp32 }));
  };
  return { said, measure };
}

const auto = (dataFolder: string) => ({ modelPack: "auto", runtime: "onnx", dataFolder }) as const;

t.test("a pack that is named is not up to the device", async (t) => {
  t.equal(await settlePack({ ...auto(t.testdir({})), modelPack: "int8" }), undefined);
});

t.test("the packs are timed once, and the choice is remembered with its reason", async (t) => {
  const folder = t.testdir({});
  const { said, measure } = saying(100, 50);
  const first = await settlePack(auto(folder), measure);
  t.match(first, { measured: "now", choice: { chosen: "fp32", reason: /fp32 50\.0 ms/ } });
  t.same(JSON.parse(await readFile(join(folder, "pack-choice.json"), "utf8")), first?.choice);
  t.same(await settlePack(auto(folder), saying(1, 100).measure), { ...first, measured: "before" });
  t.equal(said.times, 1);
});

t.test("a choice of another version, or one that is damaged, is made anew", async (t) => {
  const folder = t.testdir({});
  await settlePack(auto(folder), saying(100, 50).measure);
  const file = join(folder, "pack-choice.json");
  const stored = JSON.parse(await readFile(file, "utf8"));
  for (const spoilt of [JSON.stringify({ ...stored, software: "0.0.0" }), "{ torn", ""]) {
    await writeFile(file, spoilt);
    t.match(await settlePack(auto(folder), saying(50, 100).measure), { measured: "now", choice: { chosen: "int8" } });
    t.equal(JSON.parse(await readFile(file, "utf8")).chosen, "int8");
  }
});

t.test("where it cannot be remembered the device goes on, and says so", async (t) => {
  const folder = t.testdir({});
  await mkdir(join(folder, "pack-choice.json"));
  const settled = await settlePack(auto(folder), saying(50, 100).measure);
  t.match(settled, { measured: "now", unsaved: /EISDIR|ENOTEMPTY|EEXIST/, choice: { chosen: "int8" } });
});

t.test("a trial that fails is no reason to stand still", async (t) => {
  const folder = t.testdir({});
  const failing = () => Promise.reject(new DeviceFault("pack_refused", "The packs could not be timed: no answer."));
  const settled = await settlePack(auto(folder), failing);
  t.match(settled, { choice: { chosen: "int8", reason: /could not be timed/ }, unsaved: /could not be timed/ });
  t.notOk(existsSync(join(folder, "pack-choice.json")), "the next start times them");
});

t.test("a trial that takes too long is ended within any network: the process goes on", async (t) => {
  const packs = [
    { pack: "int8", hash: "any" },
    { pack: "fp32", hash: "any" },
  ] as const;
  const circumstances = { software: "0.0.0", runtime: "onnx", machine: "any", packs } as const;
  for (let round = 0; round < 4; round++) {
    const startedMs = performance.now();
    await t.rejects(timePacks(circumstances, 300 + round * 100), { code: "pack_refused", message: /no answer within/ });
    t.ok(performance.now() - startedMs < 20_000, "its thread has heard that it is to end");
  }
});

t.test("a damaged pack is no reason to stand still, unless there is no other", async (t) => {
  const { said, measure } = saying(100, 50);
  const folder = t.testdir({});
  const without = (...missing: readonly string[]) =>
    settlePack(auto(folder), measure, (pack) => (missing.includes(pack) ? join(folder, pack) : packFolder(pack)));
  t.match(await without("fp32"), { choice: { chosen: "int8", reason: /fp32 cannot be read/ }, unsaved: /fp32/ });
  t.match(await without("int8"), { choice: { chosen: "fp32", reason: /int8 cannot be read/ }, unsaved: /int8/ });
  await t.rejects(without("int8", "fp32"), { name: "DeviceFault", code: "pack_refused", message: /int8.*fp32/ });
  t.equal(said.times, 0, "there is nothing to weigh");
  t.notOk(existsSync(join(folder, "pack-choice.json")));
});

t.test("TensorFlow.js has one pack to choose from, and really computes it", async (t) => {
  const settled = await settlePack({ ...auto(t.testdir({})), runtime: "tfjs" });
  t.match(settled?.choice, { chosen: "fp32", reason: /only shipped pack/ });
  t.ok((settled?.choice.trials[0]?.frameMs ?? 0) > 0);
});

t.test("a device chooses its pack, says why in its log and its health, and tells its identity", async (t) => {
  const lines: string[] = [];
  const log = openLog("info", "test-camera", { write: (line) => void lines.push(line) });
  const camera = `film:${media.path("nobody.mjpeg")}`;
  const environment = { MATCHLIGHT_MODEL_PACK: "auto" };
  const { device, broker, key } = await setTestStage(t, { camera, log, environment });
  const { chosen, reason, trials } = device.packChoice ?? { trials: [] };
  t.comment(reason);
  t.equal(device.identity.pack.id, chosen);
  t.ok(trials.length === 2 && trials.every(({ frameMs }) => frameMs > 0));
  const logged = lines.find((line) => line.includes('"pack_chosen"')) ?? "{}";
  t.match(JSON.parse(logged), { choice: { chosen, reason }, measured: "now" });
  await using operator = await openOperator({ brokerUrl: broker.url, device: TEST_DEVICE, key });
  const { pack } = await operator.health();
  t.match(pack, { ...device.identity.pack, version: /^\d+\.\d+\.\d+$/, because: reason });
});

t.test("checking the settings looks at both packs and times nothing", async (t) => {
  const dataFolder = join(t.testdir({}), "data");
  const { notes } = await checkSettings({
    MATCHLIGHT_BROKER_URL: "mqtt://localhost:1883",
    MATCHLIGHT_DEVICE_ID: "checked",
    MATCHLIGHT_CARRIER_KEY: JSON.stringify({
      kty: "OKP",
      crv: "Ed25519",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    }),
    MATCHLIGHT_CAMERA: `film:${media.path("nobody.mjpeg")}`,
    MATCHLIGHT_DATA_DIR: dataFolder,
    MATCHLIGHT_MODEL_PACK: "auto",
  });
  t.match(notes.join("\n"), /Model pack int8 .*\nModel pack fp32 /);
  t.notOk(existsSync(dataFolder), "nothing was timed, nothing is remembered");
});

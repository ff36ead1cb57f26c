import type { Runtime } from "../../models/runtime/runtime.ts";
import { startInference } from "../inference/inference.ts";
import { givenEnvironment } from "../management/given-environment.ts";
import { packFolder } from "../process/package-folder.ts";
import { type Environment, type ReadSettings, readSettings, unknownVariables } from "../settings/environment.ts";
import type { CameraChoice } from "../settings/hardware-parsers.ts";
import type { Settings } from "../settings/settings.ts";
import { listCameras, tryCamera } from "./camera-check.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { listGpio, tryLight } from "./light-check.ts";
import { checkClock, checkDisk, checkKeys, tryBroker, tryPack } from "./system-checks.ts";
import { tryView } from "./view-check.ts";

/** Runs all checks and yields each finding. A missing setting is a finding, and the other checks still run. */
export async function* examine(environment: Environment): AsyncGenerator<Finding> {
  const read = readSettings(await givenEnvironment(environment));
  const { values } = read;
  yield* checkSettings(environment, read);
  yield* listCameras();
  const camera = values.camera ? await tryCamera(values.camera) : unset("camera in use", "MATCHLIGHT_CAMERA");
  yield camera;
  yield listGpio();
  if (values.light) yield await tryLight(values.light);
  if (values.modelPack && values.runtime) {
    const pack = await tryPack(values.modelPack, values.runtime);
    yield pack;
    const works = camera.level !== "fail" && pack.level !== "fail";
    if (values.camera && works) yield await checkView(values.camera, values.modelPack, values.runtime);
  }
  if (values.dataFolder) yield* await checkData(values.dataFolder);
  yield await checkLink(values);
  yield checkClock();
}

/** The checks that need nothing that a running service holds. Its health covers the rest. */
export async function examineRunning(environment: Environment): Promise<readonly Finding[]> {
  const read = readSettings(await givenEnvironment(environment));
  const { dataFolder } = read.values;
  const data = dataFolder ? await checkData(dataFolder) : [];
  return [...checkSettings(environment, read), ...listCameras(), listGpio(), ...data, checkClock()];
}

function* checkSettings(environment: Environment, { missing, wrong, values }: ReadSettings): Generator<Finding> {
  for (const problem of wrong) yield fail("settings", problem, "Set it as the message says.");
  const enrols = (values.bootstrap ?? "none") !== "none";
  for (const problem of missing) yield fail("provisioning", problem, enrols ? APPROVE : PROVISION);
  if (missing.length + wrong.length === 0) yield ok("settings", "all in order");
  for (const name of unknownVariables(environment)) {
    yield warn("settings", `${name} is no setting of this version`, "Correct its name, or remove it.");
  }
}

const APPROVE =
  "Start the service: it enrols. Tell its code (`matchlight identity show`, or the log) to whoever runs `matchlight fleet approve`.";
const PROVISION = "Set it. Until then the service stays up, shows white long-short flashes, and serves nobody.";

async function checkView(camera: CameraChoice, modelPack: string, runtime: Runtime): Promise<Finding> {
  await using inference = await startInference(packFolder(modelPack), runtime);
  return await tryView(camera, inference);
}

async function checkData(dataFolder: string): Promise<readonly Finding[]> {
  return [await checkKeys(dataFolder), await checkDisk(dataFolder)];
}

async function checkLink({
  brokerUrl,
  deviceId,
  brokerCa,
  brokerCert,
  brokerKey,
  healthSocket,
}: Partial<Settings>): Promise<Finding> {
  if (!brokerUrl) return unset("broker", "MATCHLIGHT_BROKER_URL");
  return tryBroker({ brokerUrl, brokerCa, brokerCert, brokerKey, healthSocket }, deviceId ?? "matchlight");
}

function unset(check: string, variable: string): Finding {
  return fail(check, `no ${check} is configured`, `Set ${variable}; docs/CONFIGURATION.md says how.`);
}

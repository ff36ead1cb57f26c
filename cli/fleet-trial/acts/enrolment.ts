import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateLife } from "../../../device/management/certificate-life.ts";
import type { TrialCamera } from "../camera.ts";
import { writeFleetFile } from "../fleet-folder.ts";
import { runFleet } from "../operator-commands.ts";
import type { Stage } from "../stage.ts";
import { promise, type Steps } from "../steps.ts";

/** The effort to enrol one camera. */
export interface LetIn {
  readonly device: string;
  /** The time from power-on to the report of its first customer. */
  readonly toFirstCustomerMs: number;
  /** Parts of that time: until the camera showed its code, and the operator's command. */
  readonly toCodeMs: number;
  readonly approvalMs: number;
  /** The certificate that the camera received. */
  readonly first: Life;
}

/** A camera's certificate, with the times of its end and its renewal. */
export interface Life {
  readonly certificate: string;
  readonly toMs: number;
  readonly renewAtMs: number;
}

export async function lifeOf({ dataFolder }: TrialCamera): Promise<Life> {
  const { certificate } = JSON.parse(await readFile(join(dataFolder, "provisioned.json"), "utf8"));
  return { certificate, ...certificateLife(certificate) };
}

/** Makes the text of MATCHLIGHT_BOOTSTRAP from a fleet file. */
export async function bootstrapText({ folder }: Stage, fleetFile: string): Promise<string> {
  const out = join(folder, "bootstrap.json");
  const { code, printed } = await runFleet("bootstrap", "--fleet", fleetFile, "--out", out);
  promise(code === 0, `fleet bootstrap: ${printed}`);
  return readFile(out, "utf8");
}

/** Withdraws the bootstrap credential and returns the text with a new one. */
export async function anotherBootstrap(stage: Stage): Promise<string> {
  const { broker, fleet } = stage;
  await writeFleetFile(fleet.fleetFile, broker, await broker.anotherBootstrap());
  return bootstrapText(stage, fleet.fleetFile);
}

/** Powers on a bare camera, approves it by its code, and verifies a person. */
export async function letIn(
  stage: Stage,
  steps: Steps,
  camera: TrialCamera,
  bootstrap: string,
): Promise<LetIn | undefined> {
  const { name: device } = camera;
  const sinceMs = performance.now();
  const passed = () => performance.now() - sinceMs;
  let [toCodeMs, approvalMs, toFirstCustomerMs] = [0, 0, 0];
  let first: Life | undefined;
  const well =
    (await steps.step("power on, show the code", device, async () => {
      const there = await readdir(camera.dataFolder).catch(() => []);
      promise(there.length === 0, `its data folder holds ${there.join(", ")}`);
      await camera.start(stage.release, bootstrap);
      const code = await shownCode(camera);
      toCodeMs = passed();
      return code;
    })) &&
    (await steps.step("approve by the code", device, async () => {
      const { tookMs, printed } = await approve(stage, device, await shownCode(camera));
      approvalMs = tookMs;
      await camera.logged("provisioned");
      first = await lifeOf(camera);
      await camera.logged("broker_connected");
      return printed;
    })) &&
    (await steps.step("first customer", device, async () => {
      const words = await stage.verify(device);
      toFirstCustomerMs = passed();
      return `${words}, ${seconds(toFirstCustomerMs)} after power-on`;
    }));
  return well && first ? { device, toFirstCustomerMs, toCodeMs, approvalMs, first } : undefined;
}

/** The code that a person reads at the camera, or in the log. */
export async function shownCode(camera: TrialCamera): Promise<string> {
  const { enrolmentCode = "" } = await camera.logged("enrolling");
  promise(enrolmentCode !== "", "it shows no code");
  return enrolmentCode;
}

/** Approves one camera. Throws Error if the approval is refused. */
export async function approve({ fleet }: Stage, device: string, code: string, file = fleet.firstFleetFile) {
  const ran = await runFleet("approve", device, "--code", code, "--shop", `Shop of ${device}`, "--fleet", file);
  promise(ran.code === 0, `fleet approve: ${ran.printed}`);
  return ran;
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

/** Runs work for each item, with a limit on the number at the same time. */
export async function eachOf<T>(all: readonly T[], atATime: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const lane = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atATime }, lane));
}

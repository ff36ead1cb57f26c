import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Operator } from "../../../carrier/client.ts";
import { VERSION } from "../../../device/process/version.ts";
import type { AnswerClaims } from "../../../protocol/messages/command-contract.ts";
import type { TrialCamera } from "../camera.ts";
import { signedPack } from "../pack.ts";
import { layOutRelease, type Release } from "../release.ts";
import type { Stage } from "../stage.ts";
import type { Steps } from "../steps.ts";

/** A change of one device. Resolves with the result in words, throws if it was refused. */
type Change = (camera: TrialCamera) => Promise<string>;

/** Makes each kind of update on one device, then on the others, and back, as the operator of a thousand devices does. */
export async function playUpdates(stage: Stage, steps: Steps, cameras: readonly TrialCamera[]): Promise<void> {
  const staged = async (name: string, change: Change) => {
    for (const camera of cameras) {
      const { name: device } = camera;
      const well =
        (await steps.step(name, device, () => change(camera))) &&
        (await steps.step(`${name}: verify`, device, () => stage.verify(device)));
      if (!well) return;
    }
  };
  const next = await layOutRelease(join(stage.folder, "releases"), `${VERSION}-next`);
  await staged(`release ${next.version}`, (camera) => update(stage, camera, next));
  await staged(`back to release ${VERSION}`, (camera) => update(stage, camera, stage.release));
  const pack = await signedPack(stage);
  await staged("model pack sent and in force", async ({ name }) => {
    const { operator } = await stage.counter(name);
    inWords(await operator.sendPack(pack));
    return inWords(await operator.command({ type: "pack_activate", hash: pack.claims.hash }));
  });
  const command = async ({ name }: TrialCamera, order: Parameters<Operator["command"]>[0]) =>
    inWords(await (await stage.counter(name)).operator.command(order));
  await staged("model pack rolled back", (camera) => command(camera, { type: "pack_rollback" }));
  const set = { MATCHLIGHT_TIMEOUT_MS: "8000", MATCHLIGHT_FMR: "0.0001" };
  await staged("configuration set", (camera) => command(camera, { type: "config_set", set }));
  await staged("configuration reset", (camera) => command(camera, { type: "config_reset" }));
}

const HEALTHY_WITHIN_MS = 30_000;

/** Replaces the release of a device and checks its status. */
async function update(stage: Stage, camera: TrialCamera, release: Release): Promise<string> {
  await camera.start(release);
  await camera.logged("broker_connected");
  const { operator } = await stage.counter(camera.name);
  for (let waitedMs = 0; waitedMs < HEALTHY_WITHIN_MS; waitedMs += 250) {
    const { software, state, codes } = await operator.health();
    if (software === release.version && state !== "unhealthy") return `${software}, ${[state, ...codes].join(" ")}`;
    await sleep(250);
  }
  throw new Error(`${camera.name} did not say that it is well with ${release.version}: roll back`);
}

function inWords({ outcome, code, because, packs, config }: AnswerClaims): string {
  if (outcome !== "done") throw new Error(`${outcome} ${code}: ${because}`);
  const set = Object.entries(config).filter(([, { from }]) => from === "command");
  const values = set.map(([name, { value }]) => `${name}=${value}`).join(" ");
  return `pack ${packs.active.id} ${packs.active.hash.slice(0, 8)} (${packs.active.from}) ${values}`.trim();
}

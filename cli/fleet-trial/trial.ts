import { readRegister } from "../fleet/enrolment/register.ts";
import { playAttacks, playWithdrawal } from "./acts/attacks.ts";
import { bootstrapText, eachOf, type LetIn, letIn } from "./acts/enrolment.ts";
import { playRenewals, type Renewals } from "./acts/renewal.ts";
import { playRollout, type RolledBack } from "./acts/rollout.ts";
import { playBadSetting } from "./acts/settings.ts";
import { playUpdates } from "./acts/updates.ts";
import type { TrialCamera } from "./camera.ts";
import { runRenewals } from "./operator-commands.ts";
import { type Stage, setStage } from "./stage.ts";
import { recordSteps, type Step } from "./steps.ts";

export interface TrialOptions {
  readonly folder: string;
  readonly port: number;
  /** How many cameras are let in. */
  readonly count: number;
  readonly print: (text: string) => void;
}

/** What was played: each step, and the figures. */
export interface Played {
  readonly steps: readonly Step[];
  readonly letIn: readonly LetIn[];
  readonly renewals: Renewals;
  /** Undefined when it did not come so far. */
  readonly rolledBack: RolledBack | undefined;
  /** How long a first certificate lived: what 825 days are in a fleet. */
  readonly firstLifeSeconds: number;
}

/** A fleet whose cameras serve. */
export interface RunningFleet extends AsyncDisposable {
  readonly wrong: readonly Step[];
}

/** As many cameras start at a time as two processors serve. */
const AT_A_TIME = 2;
/** The cameras that are updated. */
const UPDATED = 3;

/**
 * A fleet from bare cameras: each is let in by one approval, while somebody with a stolen credential tries what he can. Their
 * certificates come to their end meanwhile, and are renewed; then one undoes a bad setting by itself, a worse pack is halted at the first of
 * them and taken back, and each kind of update goes to three of them, and back.
 */
export async function playTrial(options: TrialOptions & { readonly updates: boolean }): Promise<Played> {
  const firstLifeSeconds = firstLife(options.count);
  await using stage = await setStage({ ...options, firstLifeSeconds });
  await using _renewals = runRenewals(stage.fleet.fleetFile);
  const record = recordSteps(options.print);
  const bootstrap = await bootstrapText(stage, stage.fleet.fleetFile);
  const cameras = await bareCameras(stage, options.count);
  const attacked = await stage.bare("counter-x");
  const entered: LetIn[] = [];
  await attacked.start(stage.release, bootstrap);
  const attacks = playAttacks(stage, record, attacked);
  // Waited for below, when all are let in.
  attacks.catch(() => undefined);
  await eachOf(cameras, AT_A_TIME, async (camera) => {
    const one = await letIn(stage, record, camera, bootstrap);
    if (one) entered.push(one);
  });
  const serving = cameras.filter(({ name }) => entered.some(({ device }) => device === name));
  const withdrawal = attacks.then(() => playWithdrawal(stage, record, attacked, bootstrap));
  const [renewals] = await Promise.all([playRenewals(stage, record, serving, entered), withdrawal]);
  const busy = serving.slice(0, 1);
  const over = Promise.all(busy.map((camera) => playBadSetting(stage, record, camera))).then(() => undefined);
  const devices = Object.keys(await readRegister(stage.fleet.register));
  const rolledBack = await playRollout(stage, record, devices, { devices: busy.map(({ name }) => name), over });
  if (options.updates) await playUpdates(stage, record, serving.slice(0, UPDATED));
  return { steps: record.all, letIn: entered, renewals, rolledBack, firstLifeSeconds };
}

/** A fleet of cameras that were let in, to walk around in. */
export async function openRunningFleet(options: TrialOptions): Promise<RunningFleet> {
  const stage = await setStage({ ...options, firstLifeSeconds: undefined });
  const record = recordSteps(options.print);
  const bootstrap = await bootstrapText(stage, stage.fleet.fleetFile);
  await eachOf(await bareCameras(stage, options.count), AT_A_TIME, async (camera) => {
    await letIn(stage, record, camera, bootstrap);
  });
  return {
    wrong: record.all.filter(({ asExpected }) => !asExpected),
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

/** So long that the renewals of the first cameras come about when the last ones are let in. */
function firstLife(count: number): number {
  return Math.max(100, count * 30);
}

function bareCameras(stage: Stage, count: number): Promise<readonly TrialCamera[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => stage.bare(`counter-${i + 1}`)));
}

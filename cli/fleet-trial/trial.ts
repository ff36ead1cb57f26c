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
  /** The number of cameras. */
  readonly count: number;
  readonly print: (text: string) => void;
}

/** The result of the trial: each step, and the figures. */
export interface Played {
  readonly steps: readonly Step[];
  readonly letIn: readonly LetIn[];
  readonly renewals: Renewals;
  /** Undefined if the trial ended before. */
  readonly rolledBack: RolledBack | undefined;
  /** The lifetime of a first certificate. In a fleet it is 825 days. */
  readonly firstLifeSeconds: number;
}

/** A fleet whose cameras serve. */
export interface RunningFleet extends AsyncDisposable {
  readonly wrong: readonly Step[];
}

/** The number of cameras that start at the same time: as many as two processors can serve. */
const AT_A_TIME = 2;
/** The cameras that are updated. */
const UPDATED = 3;

/**
 * Plays a fleet from bare cameras. Each camera gets one approval, while an attacker with a stolen credential attacks.
 * Certificates are renewed before they end. Then one camera undoes a bad setting, a worse pack is halted at the first camera and
 * taken back, and each kind of update goes to three cameras, and back.
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
  // The wait is below, after all cameras have enrolled.
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

/** Starts a fleet of enrolled cameras and keeps it running, to be explored. */
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

/** The lifetime that makes the first cameras renew at about the time when the last ones enrol. */
function firstLife(count: number): number {
  return Math.max(100, count * 30);
}

function bareCameras(stage: Stage, count: number): Promise<readonly TrialCamera[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => stage.bare(`counter-${i + 1}`)));
}

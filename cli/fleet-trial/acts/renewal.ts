import { setTimeout as sleep } from "node:timers/promises";
import type { TrialCamera } from "../camera.ts";
import type { Stage } from "../stage.ts";
import { promise, type Steps } from "../steps.ts";
import { type LetIn, type Life, lifeOf } from "./enrolment.ts";

/** The result of the renewals of all cameras. */
export interface Renewals {
  readonly renewed: number;
  /** Renewals during a verification at the same camera. */
  readonly duringVerification: number;
  /** Customers during the renewals: served, and not served. */
  readonly served: number;
  readonly notServed: readonly string[];
}

/** Sends customers one after the other, from camera to camera, until every camera has renewed its certificate. */
export async function playRenewals(
  stage: Stage,
  steps: Steps,
  cameras: readonly TrialCamera[],
  entered: readonly LetIn[],
): Promise<Renewals> {
  const first = new Map(entered.map(({ device, first: life }) => [device, life]));
  const notServed: string[] = [];
  let [served, duringVerification] = [0, 0];
  for (let next = 0; ; next++) {
    const left = cameras.filter((camera) => !camera.hasLogged("certificate_renewed"));
    if (left.length === 0 || left.some(({ name }) => hasEnded(first.get(name)))) break;
    const camera = dueNow(left, first) ?? cameras[next % cameras.length];
    if (!camera) break;
    const before = camera.hasLogged("certificate_renewed");
    await stage.verify(camera.name).then(
      () => served++,
      (error: Error) => notServed.push(`${camera.name}: ${error.message}`),
    );
    if (!before && camera.hasLogged("certificate_renewed")) duringVerification++;
    await sleep(BETWEEN_CUSTOMERS_MS);
  }
  let renewed = 0;
  for (const camera of cameras) {
    const well = await steps.step("certificate renewed", camera.name, () => isRenewed(camera, first.get(camera.name)));
    if (well) renewed++;
    await steps.step("certificate renewed: verify", camera.name, () => stage.verify(camera.name));
  }
  await steps.step("nobody interrupted", "all", async () => {
    promise(notServed.length === 0, notServed.join("; "));
    promise(served > 0, "nobody came meanwhile");
    return `${served} customers served meanwhile, ${duringVerification} of them while their camera renewed`;
  });
  return { renewed, duringVerification, served, notServed };
}

const BETWEEN_CUSTOMERS_MS = 200;
/** The time between a customer's arrival and the due renewal. */
const AHEAD_MS = 1_000;

function hasEnded(life: Life | undefined): boolean {
  return life !== undefined && Date.now() > life.toMs;
}

/** The camera with the next renewal. */
function dueNow(left: readonly TrialCamera[], lives: ReadonlyMap<string, Life>): TrialCamera | undefined {
  const dueAt = ({ name }: TrialCamera) => lives.get(name)?.renewAtMs ?? Number.POSITIVE_INFINITY;
  const [soonest] = left.toSorted((a, b) => dueAt(a) - dueAt(b));
  return soonest && dueAt(soonest) - AHEAD_MS < Date.now() ? soonest : undefined;
}

async function isRenewed(camera: TrialCamera, first: Life | undefined): Promise<string> {
  promise(camera.hasLogged("certificate_renewed"), "its certificate ended before it was renewed");
  const { certificate, toMs } = await lifeOf(camera);
  promise(certificate !== first?.certificate, "it has its first certificate");
  return `until ${new Date(toMs).toISOString()}`;
}

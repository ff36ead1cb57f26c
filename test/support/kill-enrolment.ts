import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { approveEnrolment, approveRenewal } from "../../carrier/approval.ts";
import type { Registered } from "../../carrier/enrolment.ts";
import { openEnrolmentLink } from "../../cli/fleet/enrolment/enrolment-link.ts";
import { authorityOf, bootstrapOf, fleetKeysOf, readFleetFile } from "../../cli/fleet/fleet-file.ts";
import { type Provisioned, readProvisioned, writeProvisioned } from "../../device/management/provisioned.ts";
import { issueCertificate, requestCertificate } from "../../protocol/identity/certificates.ts";
import { enrolmentCode } from "../../protocol/identity/enrolment.ts";
import { randomOf } from "../../workshop/quantise/inputs/random.ts";
import { type EnrolmentStage, setEnrolmentStage, startEnrollingDevice } from "./enrolment-stage.ts";

export interface KilledEnrolments {
  readonly seed: number;
  readonly rounds: number;
  /** How often each line of the log was the last one. */
  readonly killedAfter: Readonly<Record<string, number>>;
  /** Cameras that were provisioned, and renewals that were stored, before a kill. */
  readonly provisioned: number;
  readonly renewed: number;
  /** What was lost or needs somebody's hand. */
  readonly losses: readonly string[];
}

const DAY_MS = 86_400_000;
const KILLS_A_CAMERA = 5;
const UP_WITHIN_MS = 60_000;

/**
 * Kills cameras at random moments of their enrolment, and of the renewal of their certificate. Whatever was stored must
 * stay: a camera that had a valid certificate has one, with its key, and connects with it when it is let live.
 */
export async function killEnrolments(
  rounds: number,
  seed: number,
  print: (line: string) => void,
): Promise<KilledEnrolments> {
  const random = randomOf(seed);
  const stage = await setEnrolmentStage();
  if (!stage) throw new Error("mosquitto is not installed");
  await using _stage = stage;
  await using _approvals = await approveEverybody(stage);
  const bootstrap = JSON.stringify(await bootstrapOf(await readFleetFile(stage.fleetFile)));
  const killedAfter: Record<string, number> = {};
  const losses: string[] = [];
  let [done, provisioned, renewed] = [0, 0, 0];
  let wholeMs = await letLive(stage, "measured", bootstrap, losses);
  for (let camera = 1; done < rounds; camera++) {
    const name = `mortal-${camera}`;
    const dataFolder = join(stage.folder, name);
    for (let kill = 0; kill < KILLS_A_CAMERA && done < rounds; kill++, done++) {
      const before = await aged(stage, dataFolder);
      await using device = await startEnrollingDevice(stage, name, { MATCHLIGHT_BOOTSTRAP: bootstrap });
      await device.logged("starting");
      await sleep(random() * wholeMs);
      await device.kill("SIGKILL");
      const last = device.lines.at(-1)?.event ?? "nothing yet";
      killedAfter[last] = (killedAfter[last] ?? 0) + 1;
      const after = await readProvisioned(dataFolder);
      if (!before && after) provisioned++;
      if (before && after && before.certificate !== after.certificate) renewed++;
      losses.push(...lossesOf(name, before, after));
    }
    wholeMs = await letLive(stage, name, bootstrap, losses);
    await rm(dataFolder, { recursive: true, force: true });
    print(`${done} of ${rounds} killed`);
  }
  return { seed, rounds, killedAfter, provisioned, renewed, losses };
}

/** An operator who approves whoever asks, and renews: what is tested is the camera. */
async function approveEverybody({ fleetFile }: EnrolmentStage): Promise<AsyncDisposable> {
  const file = await readFleetFile(fleetFile);
  const given = { authority: await authorityOf(file), fleet: await fleetKeysOf(file) };
  const register = new Map<string, Registered>();
  const enrolments = await openEnrolmentLink({
    fleet: file,
    at: "enrolment",
    async received({ token, claims }, link) {
      const { letters: code } = await enrolmentCode(claims.signing.kid);
      const { registered, message } = await approveEnrolment({ token, code, shop: "Shop", ...given });
      register.set(claims.iss, registered);
      await link.answer(claims.iss, message);
    },
  });
  const renewals = await openEnrolmentLink({
    fleet: file,
    at: "operators",
    async received({ token, claims }, link) {
      const { message } = await approveRenewal({ token, known: register.get(claims.iss), ...given });
      await link.answer(claims.iss, message);
    },
  });
  return {
    async [Symbol.asyncDispose]() {
      await enrolments[Symbol.asyncDispose]();
      await renewals[Symbol.asyncDispose]();
    },
  };
}

/** Makes a camera's certificate 25 of its 30 days old, so that it renews it at its next start. */
async function aged({ fleetFile }: EnrolmentStage, dataFolder: string): Promise<Provisioned | undefined> {
  const known = await readProvisioned(dataFolder);
  if (!known) return undefined;
  const authority = await authorityOf(await readFleetFile(fleetFile));
  const request = await requestCertificate(known.device, known.key);
  const { previous: _, ...rest } = known;
  const old = { ...rest, certificate: await issueCertificate(request, authority, 30, Date.now() - 25 * DAY_MS) };
  await writeProvisioned(dataFolder, old);
  return old;
}

function lossesOf(name: string, before: Provisioned | undefined, after: Provisioned | undefined): readonly string[] {
  if (!after) return before ? [`${name} has lost what it had`] : [];
  const certificate = new X509Certificate(after.certificate);
  if (!certificate.checkPrivateKey(createPrivateKey(after.key)))
    return [`${name} has a key that is not its certificate's`];
  return Date.parse(certificate.validTo) > Date.now() ? [] : [`${name} has a certificate that has ended`];
}

/** Lets a camera come up, and renew if it was provisioned. Gives how long that took. */
async function letLive(stage: EnrolmentStage, name: string, bootstrap: string, losses: string[]): Promise<number> {
  const before = await aged(stage, join(stage.folder, name));
  await using device = await startEnrollingDevice(stage, name, { MATCHLIGHT_BOOTSTRAP: bootstrap });
  await device.logged("starting");
  const sinceMs = performance.now();
  const ends = before ? "certificate_renewed" : "broker_connected";
  if (!(await device.logged(ends, UP_WITHIN_MS))) losses.push(`${name} did not come up: ${device.lines.at(-1)?.event}`);
  const tookMs = performance.now() - sinceMs;
  const damaged = await readFile(join(device.dataFolder, "provisioned.json.damaged")).catch(() => undefined);
  if (damaged) losses.push(`${name} has set a file aside`);
  return tookMs;
}

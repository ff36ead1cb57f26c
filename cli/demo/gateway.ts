import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Parts } from "../../device/app/parts.ts";
import type { ReportClaims } from "../../protocol/messages/contract.ts";
import { type GatewayStage, setGatewayStage } from "./gateway-stage.ts";
import { openPos, openReceiver, type Pos, verifyReport } from "./pos.ts";
import type { Screen } from "./screen.ts";

/** The inputs of the demonstration: the film of a person, and the photo of the ID card. */
export interface Scene {
  readonly film: string;
  readonly photo: string;
  /** Replacements for parts of the camera. */
  readonly own?: Partial<Parts>;
  /** Settings of the gateway that differ from the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The results that a POS system sees over HTTP. */
export interface GatewayOutcome {
  readonly status: number;
  /** The names of the streamed events, in order. */
  readonly events: readonly string[];
  readonly report: ReportClaims;
  /** The type of the event that the webhook received. */
  readonly webhook: string;
}

/** Plays one verification over HTTP and prints each step. Throws if a step fails. */
export async function playGateway(scene: Scene, screen: Screen): Promise<GatewayOutcome> {
  const step = stepper(screen, 6);
  const secret = `whsec_${randomBytes(24).toString("base64")}`;
  await using receiver = await openReceiver(secret);
  await using file = await writeEndpoints([{ name: "pos", url: receiver.url, secrets: [secret] }]);
  step("Start the gateway, with its database (PostgreSQL) and MQTT broker in this process");
  await using stage = await setGatewayStage({ ...scene.settings, MATCHLIGHT_GATEWAY_WEBHOOKS: file.path });
  screen.line(`    HTTP ${stage.url.href}, MQTT ${stage.brokerUrl.host}; both on this machine only`);

  step(`Connect a camera, ${stage.camera}: its light is below, a film stands for the person before it`);
  await stage.connectCamera(scene.film, screen.light, scene.own);
  const pos = openPos(stage.url, await stage.token(`camera:${stage.camera}`));
  await untilReady(pos, stage.camera);
  screen.line(`    GET /v1/cameras/${stage.camera}: it is ready`);

  step("Post the photo of an ID card, as a POS system does");
  const { status, location } = await postPhoto(pos, stage, scene.photo);
  screen.line(`    202 means: the broker has the request. The verification is ${location}`);

  step("Follow the events while the camera looks");
  const events: string[] = [];
  for await (const { event, data } of pos.events(`${location}/events`)) {
    events.push(event);
    screen.line(`    ${event.padEnd(8)} ${wordsOf(data)}`);
  }

  step("Fetch the signed report, and verify it with the camera's own key");
  const { report: token } = await pos.get(`${location}?wait=30`);
  const keys = await pos.get(`/v1/cameras/${stage.camera}/keys`);
  const report = await verifyReport(String(token), keys);
  showReport(screen, report, String(token));

  step(`Take the webhook at ${receiver.url}, for those who do not want to wait for an answer`);
  const { id, type } = await inTime(receiver.first, "the webhook");
  screen.line(`    ${type}, event ${id}: it has the same report, and its signature by the shared secret is right`);
  return { status, events, report, webhook: type };
}

async function writeEndpoints(endpoints: readonly object[]) {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-demo-webhooks-"));
  const path = join(folder, "webhooks.json");
  await writeFile(path, JSON.stringify(endpoints), { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
  const late = new AbortController();
  const limit = sleep(READY_WITHIN_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`${what} did not arrive within ${READY_WITHIN_MS / 1000} s`);
  });
  limit.catch(() => undefined);
  return Promise.race([work, limit]).finally(() => late.abort());
}

function stepper(screen: Screen, of: number): (title: string) => void {
  let n = 0;
  return (title) => screen.heading(`${++n}/${of}  ${title}`);
}

const READY_WITHIN_MS = 30_000;

async function untilReady(pos: Pos, camera: string): Promise<void> {
  const until = Date.now() + READY_WITHIN_MS;
  const state = async () => (await pos.get(`/v1/cameras/${camera}`).catch(() => undefined))?.["state"];
  while ((await state()) !== "ready") {
    if (Date.now() > until) throw new Error(`the camera ${camera} was not ready within ${READY_WITHIN_MS / 1000} s`);
    await sleep(100);
  }
}

async function postPhoto(pos: Pos, { camera }: GatewayStage, photo: string) {
  const consent = { id: "demo-1", at: Math.floor(Date.now() / 1000), notice: "demonstration-1" };
  const request = { purpose: "demonstration", consent };
  return pos.postPhoto(`/v1/cameras/${camera}/verifications`, randomUUID(), await readFile(photo), request);
}

function wordsOf(data: Readonly<Record<string, unknown>>): string {
  const { state, stage, hint, decision, reason } = data;
  const words = [stage ?? state, hint, decision, reason].filter((word) => typeof word === "string");
  return words.join(": ").replaceAll("_", " ");
}

function showReport(screen: Screen, report: ReportClaims, token: string): void {
  const { decision, similarity, threshold, iss, seq, rid } = report;
  const score = similarity === undefined ? "" : `, similarity ${similarity.toFixed(3)} (threshold ${threshold})`;
  screen.line(`    ${decision}${score}`);
  screen.line(`    signed by ${iss} as its report number ${seq}, id ${rid}: the signature is right`);
  screen.line(`    this is the evidence to keep: ${token.slice(0, 40)}… (${token.length} characters)`);
}

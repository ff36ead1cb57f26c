/// <reference lib="dom" />
import { MatchlightGuide } from "../../guide/guide.ts";
import { runAim } from "./aim.ts";
import { openCameraChoice, type ShownCamera } from "./cameras.ts";
import { type Api, Problem } from "./http/api.ts";
import { type Ended, showLast } from "./last.ts";
import { button, element, place } from "./nodes.ts";
import { openPhotoChoice, type PhotoChoice } from "./photo.ts";
import { signIn } from "./sign-in.ts";
import { type Running, startVerification, type VerificationEvents } from "./verification.ts";
import { openWords, problemWords, type Words } from "./words.ts";

/** The name of the consent text in the guide's catalogues. The customer agrees to this text. */
const NOTICE = "matchlight-guide-1";
const PURPOSE = "sim-registration";
/** The interval at which the cameras and their states are fetched. */
const LOOK_EVERY_MS = 5_000;

const customer = element("customer", MatchlightGuide);
const staff = element("staff", MatchlightGuide);
const result = place("result");

/** The present step of the staff. */
type Doing =
  | { readonly kind: "nothing" }
  | { readonly kind: "asking" }
  | { readonly kind: "verifying"; readonly running: Running }
  | { readonly kind: "aiming"; readonly stop: AbortController };

interface Counter {
  readonly api: Api;
  readonly photo: PhotoChoice;
  readonly camera: () => string | undefined;
  /** Fetches the cameras and their states again. */
  readonly look: () => void;
  doing: Doing;
  words: Words;
}

function become(counter: Counter, doing: Doing): void {
  counter.doing = doing;
  const focused = document.activeElement;
  refresh(counter);
  if (focused instanceof HTMLButtonElement && !isUsable(focused)) focusNext();
}

const isUsable = (button: HTMLButtonElement) => !button.disabled && button.getClientRects().length > 0;

/** Without this the focus is lost with the button that had it, and the keyboard begins at the top of the page again. */
function focusNext(): void {
  const next = ["aim-stop", "stop", "next", "begin", "aim"].map(button).find(isUsable);
  (next ?? customer).focus();
}

/** On a small screen the customer's part is above or below what the staff see. */
function showCustomer(): void {
  customer.closest("section")?.scrollIntoView({ block: "start" });
}

/** Enables the buttons of the present step. */
function refresh({ doing: { kind }, photo, camera }: Counter): void {
  const isFree = kind === "nothing" && camera() !== undefined;
  button("begin").disabled = !isFree || photo.chosen() === undefined;
  button("aim").disabled = !isFree;
  button("stop").hidden = kind !== "verifying" && kind !== "asking";
  button("aim-stop").hidden = kind !== "aiming";
  button("next").hidden = kind !== "nothing";
  place("stage-customer").hidden = kind === "aiming";
  place("stage-aim").hidden = kind !== "aiming";
}

function say(counter: Counter, code: string | undefined): void {
  place("trouble").textContent = code === undefined ? "" : problemWords(counter.words, code);
}

const codeOf = (error: unknown) => (error instanceof Problem ? error.code : "failed");

/** A verification begins only after the customer has agreed. */
function ask(counter: Counter): void {
  say(counter, undefined);
  become(counter, { kind: "asking" });
  result.hidden = false;
  for (const guide of [customer, staff]) guide.ask({ id: NOTICE });
  showCustomer();
  customer.focus({ preventScroll: true });
}

async function verify(counter: Counter, at: number): Promise<void> {
  const [camera, photo] = [counter.camera(), counter.photo.chosen()];
  if (camera === undefined || photo === undefined) return;
  const consent = { notice: NOTICE, at };
  const running = startVerification(counter.api, { camera, photo, purpose: PURPOSE, consent }, toGuides());
  become(counter, { kind: "verifying", running });
  staff.progress = { stage: "accepted" };
  try {
    await running.done;
  } catch (error) {
    say(counter, codeOf(error));
    customer.refusal = { code: codeOf(error) };
    result.hidden = true;
  }
  counter.photo.forget();
  become(counter, { kind: "nothing" });
  counter.look();
  await listLast(counter);
}

/** Customer and staff see the same state, each in their own words. */
function toGuides(): VerificationEvents {
  const both = (show: (guide: MatchlightGuide) => void) => [customer, staff].forEach(show);
  return {
    progress: (progress) => both((guide) => Object.assign(guide, { progress })),
    report: (report) => both((guide) => Object.assign(guide, { report })),
    refused: (code) => both((guide) => Object.assign(guide, { refusal: { code } })),
    connected: (connected) => both((guide) => Object.assign(guide, { connected })),
  };
}

/** The customer declines. Before a request is sent, there is no verification to end. */
function decline(counter: Counter): void {
  const { doing } = counter;
  if (doing.kind === "verifying") void end(counter, doing.running, "declined");
  else {
    staff.report = { decision: "inconclusive", reason: "declined" };
    counter.photo.forget();
    become(counter, { kind: "nothing" });
  }
}

function stop(counter: Counter): void {
  const { doing } = counter;
  if (doing.kind === "verifying") void end(counter, doing.running, "cancelled");
  else {
    clear();
    become(counter, { kind: "nothing" });
  }
}

/** Resets the page for the next customer. */
function clear(): void {
  for (const guide of [customer, staff]) guide.reset();
  result.hidden = true;
}

const end = (counter: Counter, running: Running, because: "cancelled" | "declined") =>
  running.end(because).catch((error: unknown) => say(counter, codeOf(error)));

async function aim(counter: Counter): Promise<void> {
  const camera = counter.camera();
  if (camera === undefined) return;
  say(counter, undefined);
  clear();
  customer.setAttribute("audience", "staff");
  const aiming = { kind: "aiming", stop: new AbortController() } as const;
  become(counter, aiming);
  showCustomer();
  const events = {
    aim: (one: typeof customer.aim) => Object.assign(customer, { aim: one }),
    connected: (connected: boolean) => Object.assign(customer, { connected }),
  };
  const ended = await runAim(counter.api, camera, events, aiming.stop.signal).catch(codeOf);
  if (ended !== undefined && ended !== "time") say(counter, ended);
  customer.removeAttribute("audience");
  Object.assign(customer, { connected: true, aim: null });
  become(counter, { kind: "nothing" });
}

async function listLast(counter: Counter): Promise<void> {
  const camera = counter.camera();
  if (camera === undefined) return showLast([], counter.words);
  try {
    const { verifications } = await counter.api.get<{ readonly verifications: readonly Ended[] }>(
      `/v1/cameras/${camera}/verifications`,
    );
    showLast(verifications, counter.words);
  } catch (error) {
    say(counter, codeOf(error));
  }
}

function listen(counter: Counter): void {
  button("begin").addEventListener("click", () => ask(counter));
  button("stop").addEventListener("click", () => stop(counter));
  button("aim").addEventListener("click", () => void aim(counter));
  button("next").addEventListener("click", clear);
  button("aim-stop").addEventListener("click", () => {
    if (counter.doing.kind === "aiming") counter.doing.stop.abort();
  });
  button("full-screen").addEventListener("click", () => void customer.closest("section")?.requestFullscreen());
  customer.addEventListener("decline", () => decline(counter));
  customer.addEventListener("consent", (event) => {
    const { at } = (event as CustomEvent<{ readonly at: number }>).detail;
    void verify(counter, at);
  });
}

type CameraList = { readonly cameras: readonly ShownCamera[] };
const listCameras = (api: Api) => api.get<CameraList>("/v1/cameras?limit=1000");

async function main(): Promise<void> {
  let counter: Counter | undefined;
  let words: Words | undefined;
  const cameras = openCameraChoice(() => {
    if (!counter) return;
    refresh(counter);
    void listLast(counter);
  });
  const photo = await openPhotoChoice(() => counter && refresh(counter));
  await openWords((now) => {
    words = now;
    photo.translate(now);
    cameras.translate(now);
    if (!counter) return;
    counter.words = now;
    say(counter, undefined);
    void listLast(counter);
  });
  if (!words) return;
  const inWords = (code: string) => (words ? problemWords(words, code) : code);
  const [api, first] = await signIn(listCameras, inWords);
  // A failed fetch is repeated at the next interval. The staff's own actions show that the connection is lost.
  const look = () =>
    void listCameras(api).then(
      (now) => cameras.show(now.cameras),
      () => undefined,
    );
  counter = { api, photo, camera: cameras.chosen, look, doing: { kind: "nothing" }, words };
  listen(counter);
  cameras.show(first.cameras);
  refresh(counter);
  setInterval(look, LOOK_EVERY_MS);
}

await main();

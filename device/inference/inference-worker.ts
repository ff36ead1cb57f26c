import { type MessagePort, parentPort } from "node:worker_threads";
import { DriverError } from "../../drivers/errors.ts";
import type { RgbImage } from "../../drivers/image/jpeg.ts";
import { type FrameDecoder, frameDecoder } from "../../drivers/image/pixels.ts";
import type { Template } from "../../models/embedding/embedder.ts";
import { ModelError } from "../../models/pack/errors.ts";
import type { FaceTracker } from "../../models/pipeline/face-tracker.ts";
import { hasUprightFace } from "../../models/pipeline/observation.ts";
import { load, type Recognizer } from "../../models/pipeline/recognizer.ts";
import { openRuntime } from "../../models/runtime/runtime.ts";
import { openSerialiser } from "../../protocol/common/serialiser.ts";
import type {
  Answers,
  Enrolled,
  FromWorker,
  Look,
  Question,
  Sight,
  ToWorker,
  WorkerSetup,
} from "./inference-messages.ts";
import { explainReference } from "./reference-words.ts";
import { type SeekUpright, uprightSeeker } from "./upright-seeker.ts";

/**
 * The worker thread of the networks. A network blocks its thread, so networks have a thread of their own. Pictures, the
 * reference and its template never leave it; only scores do. All of them are overwritten after use. Questions are answered in
 * order, after the networks are loaded.
 */
function main(port: MessagePort, setup: WorkerSetup): void {
  const opening = open(port, setup);
  const inTurn = openSerialiser();
  port.on("message", (message: ToWorker) =>
    inTurn(async () => {
      const answering = await opening;
      if (message.kind === "end") await end(answering);
      else if (answering) await reply(port, answering, message);
    }),
  );
}

/** Loads the networks and reports the result. Returns undefined if they cannot be used. */
async function open(port: MessagePort, { pack, runtime }: WorkerSetup): Promise<Answering | undefined> {
  const post = (message: FromWorker) => port.postMessage(message);
  try {
    const startedMs = performance.now();
    const recognizer = await load(pack, await openRuntime(runtime));
    const loadedMs = performance.now();
    await recognizer.selfTest();
    const took = { loadMs: Math.round(loadedMs - startedMs), selfTestMs: Math.round(performance.now() - loadedMs) };
    post({ kind: "ready", took });
    return answeringWith(recognizer);
  } catch (error) {
    const code = error instanceof ModelError && error.code === "self_test_failed" ? error.code : "pack_refused";
    post({ kind: "refused", code, message: String(error) });
    return undefined;
  }
}

/** Ends the thread while no network runs. A thread does not end by itself as long as its port is open. */
async function end(answering: Answering | undefined): Promise<never> {
  await answering?.[Symbol.asyncDispose]();
  process.exit();
}

type Asked = Extract<ToWorker, { kind: "question" }>;

async function reply(port: MessagePort, { answer }: Answering, { id, question }: Asked): Promise<void> {
  const post = (message: FromWorker, moved: readonly ArrayBuffer[] = []) => port.postMessage(message, moved);
  try {
    const answered = await answer(question);
    const empty = "frame" in question ? (question.frame.data.buffer as ArrayBuffer) : undefined;
    post({ kind: "answer", id, answer: answered, empty }, empty ? [empty] : []);
  } catch (error) {
    post({ kind: "failed", id, message: String(error) });
  }
}

interface Answering extends AsyncDisposable {
  answer(question: Question): Promise<Answers[keyof Answers]>;
}

function answeringWith(recognizer: Recognizer): Answering {
  let template: Template | undefined;
  let tracker: FaceTracker | undefined;
  const decoder = frameDecoder();
  const seekUpright = uprightSeeker(recognizer, decoder);
  const forget = (): undefined => {
    tracker?.[Symbol.dispose]();
    template?.fill(0);
    decoder.wipe();
    [tracker, template] = [undefined, undefined];
  };
  const enrolOne = async (picture: RgbImage): Promise<Enrolled> => {
    forget();
    const enrolment = await enrol(recognizer, picture);
    template = enrolment.template;
    tracker = template && recognizer.track(template);
    return enrolment.enrolled;
  };
  return {
    async answer(question) {
      if (question.kind === "enrol") return enrolOne(question.picture);
      if (question.kind === "sight") return sight(recognizer, question, decoder, seekUpright);
      return question.kind === "look" ? look(tracker, question, decoder, seekUpright) : forget();
    },
    async [Symbol.asyncDispose]() {
      forget();
      await recognizer[Symbol.asyncDispose]();
    },
  };
}

interface Enrolling {
  readonly enrolled: Enrolled;
  readonly template: Template | undefined;
}

async function enrol(recognizer: Recognizer, picture: RgbImage): Promise<Enrolling> {
  const enrolment = await recognizer.enrol(picture).finally(() => picture.data.fill(0));
  if (enrolment.kind === "enrolled") return { enrolled: { kind: "enrolled" }, template: enrolment.template };
  const { problem } = enrolment;
  return { enrolled: { kind: "unusable", problem, detail: explainReference(enrolment) }, template: undefined };
}

type LookQuestion = Extract<Question, { kind: "look" }>;

async function look(
  tracker: FaceTracker | undefined,
  { frame, wanted, turning }: LookQuestion,
  decoder: FrameDecoder,
  seekUpright: SeekUpright,
): Promise<Look> {
  if (!tracker) throw new Error("a look without a reference");
  try {
    const picture = decoder.open(frame, turning.degrees);
    const seen = await tracker.observe(picture, wanted);
    if (!turning.search || hasUprightFace(seen)) return seen;
    return { ...seen, uprightAt: await seekUpright(picture.colour(), turning.degrees) };
  } catch (error) {
    if (error instanceof DriverError) return { kind: "damaged", detail: error.message };
    throw error;
  } finally {
    frame.data.fill(0);
  }
}

type SightQuestion = Extract<Question, { kind: "sight" }>;

async function sight(
  recognizer: Recognizer,
  { frame, turning }: SightQuestion,
  decoder: FrameDecoder,
  seekUpright: SeekUpright,
): Promise<Sight> {
  try {
    const image = decoder.decode(frame, turning.degrees);
    const seen = { kind: "seen", ...(await recognizer.sight(image)) } as const;
    if (!turning.search || hasUprightFace(seen.observation)) return seen;
    return { ...seen, uprightAt: await seekUpright(image, turning.degrees) };
  } catch (error) {
    if (error instanceof DriverError) return { kind: "damaged", detail: error.message };
    throw error;
  } finally {
    frame.data.fill(0);
  }
}

const port = parentPort;
port?.once("message", (setup: WorkerSetup) => main(port, setup));

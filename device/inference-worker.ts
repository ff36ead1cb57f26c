import { parentPort } from "node:worker_threads";
import { DriverError } from "../drivers/errors.ts";
import { type FrameDecoder, frameDecoder } from "../drivers/pixels.ts";
import type { Template } from "../models/embedder.ts";
import { ModelError } from "../models/errors.ts";
import { load, type Recognizer } from "../models/recognizer.ts";
import { openRuntime } from "../models/runtime/runtime.ts";
import type { Watch } from "../models/watch.ts";
import { collectGarbage } from "./garbage.ts";
import type { Answers, Enrolled, FromWorker, Look, Question, ToWorker, WorkerSetup } from "./inference-messages.ts";
import { decodePhoto } from "./photo.ts";

/**
 * The thread on which pictures become numbers. Networks block the thread they run on, so they have one of their own, and
 * pictures, the reference and its template never leave it: only scores do. All of them are overwritten after use.
 */
async function main(port: NonNullable<typeof parentPort>, { pack, runtime }: WorkerSetup): Promise<void> {
  const tell = (message: FromWorker) => port.postMessage(message);
  try {
    const startedMs = performance.now();
    const recognizer = await load(pack, await openRuntime(runtime));
    const loadedMs = performance.now();
    await recognizer.selfTest();
    const took = { loadMs: Math.round(loadedMs - startedMs), selfTestMs: Math.round(performance.now() - loadedMs) };
    const worker = answering(recognizer);
    let last = Promise.resolve();
    port.on("message", ({ id, question }: ToWorker) => {
      last = last
        .then(() => worker(question))
        .then((answer) => {
          const empty = question.kind === "look" ? (question.frame.data.buffer as ArrayBuffer) : undefined;
          port.postMessage({ kind: "answer", id, answer, empty } satisfies FromWorker, empty ? [empty] : []);
          // A photo of some megapixels is not to be held beside the frames, nor their picture until the next customer.
          if (question.kind !== "look") collectGarbage();
        })
        .catch((error: unknown) => tell({ kind: "failed", id, message: String(error) }));
    });
    tell({ kind: "ready", took });
    collectGarbage();
  } catch (error) {
    const code = error instanceof ModelError && error.code === "self_test_failed" ? error.code : "pack_refused";
    tell({ kind: "refused", code, message: String(error) });
  }
}

function answering(recognizer: Recognizer): (question: Question) => Promise<Answers[keyof Answers]> {
  let template: Template | undefined;
  let watch: Watch | undefined;
  const decoder = frameDecoder();
  const forget = (): undefined => {
    watch?.[Symbol.dispose]();
    template?.fill(0);
    decoder.wipe();
    [watch, template] = [undefined, undefined];
  };
  return async (question) => {
    switch (question.kind) {
      case "enrol": {
        forget();
        const enrolment = await enrol(recognizer, question.photo);
        template = enrolment.template;
        watch = template && recognizer.watch(template);
        return enrolment.enrolled;
      }
      case "look":
        return look(watch, question, decoder);
      case "forget":
        return forget();
    }
  };
}

interface Enrolling {
  readonly enrolled: Enrolled;
  readonly template: Template | undefined;
}

async function enrol(recognizer: Recognizer, photo: Uint8Array): Promise<Enrolling> {
  const unusable = (problem: Extract<Enrolled, { kind: "unusable" }>["problem"], detail: string): Enrolling => ({
    enrolled: { kind: "unusable", problem, detail },
    template: undefined,
  });
  try {
    const picture = decodePhoto(photo);
    const enrolment = await recognizer.enrol(picture).finally(() => picture.data.fill(0));
    if (enrolment.kind === "enrolled") return { enrolled: { kind: "enrolled" }, template: enrolment.template };
    return unusable(enrolment.problem, [enrolment.problem, ...enrolment.defects].join(", "));
  } catch (error) {
    if (error instanceof DriverError) return unusable("no_picture", error.message);
    throw error;
  } finally {
    photo.fill(0);
  }
}

type Asked = Extract<Question, { kind: "look" }>;

async function look(watch: Watch | undefined, { frame, onlyLife }: Asked, decoder: FrameDecoder): Promise<Look> {
  if (!watch) throw new Error("asked to look without a reference");
  try {
    return await watch.observe(decoder.decode(frame), onlyLife);
  } catch (error) {
    if (error instanceof DriverError) return { kind: "damaged", detail: error.message };
    throw error;
  } finally {
    frame.data.fill(0);
  }
}

const port = parentPort;
port?.once("message", (setup: WorkerSetup) => void main(port, setup));

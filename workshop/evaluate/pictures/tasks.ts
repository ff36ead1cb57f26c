import type { Roles } from "../scores/pairs.ts";
import type { Acquired, Acquisition } from "./templates.ts";

/** A picture for a worker, and what to compute. */
export type Task =
  | { readonly kind: "templates"; readonly file: string; readonly how: Acquisition; readonly roles: Roles }
  | { readonly kind: "liveness"; readonly file: string };

/** The result of a worker; `problem` is the reason why a picture could not be read. */
export type Found =
  | { readonly kind: "templates"; readonly acquired: Acquired }
  | { readonly kind: "liveness"; readonly liveness: number | undefined }
  | { readonly kind: "unreadable"; readonly problem: string };

/** The set-up and the messages of a worker. */
export interface WorkerSetup {
  readonly pack: string;
}

export type FromEvaluateWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "found"; readonly index: number; readonly found: Found };

export interface ToEvaluateWorker {
  readonly index: number;
  readonly task: Task;
}

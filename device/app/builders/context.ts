import type { Resources } from "../../../protocol/common/disposable-stack.ts";
import type { Log } from "../../process/log.ts";
import type { LateEdges } from "../late-edges.ts";

/** The arguments of every builder. */
export interface Context {
  readonly log: Log;
  /** Closes the parts, the last opened first. */
  readonly opened: Resources;
  readonly late: LateEdges;
  /** Ends the device: only a new start helps. */
  readonly fail: (cause: unknown) => void;
  /** Ends the device, so that it is opened again with the settings that are in force now. */
  readonly reopen: () => void;
}

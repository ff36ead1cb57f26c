import { ModelError } from "../../models/pack/errors.ts";
import type { CommandRefusalCode } from "../../protocol/command-contract.ts";
import { CommandRefusal } from "../../protocol/command-reader.ts";
import { DeviceFault, type FaultCode } from "../faults.ts";

/** What the faults of a thread that holds a pack say of the pack, or of the thread. */
const REFUSED_AS: Partial<Record<FaultCode, CommandRefusalCode>> = {
  pack_refused: "pack_mismatch",
  self_test_failed: "worse_than_card",
  inference_failed: "measuring_failed",
};

/** Throws what hinders a pack as a CommandRefusal; what has no name stays as it is. */
export function asRefusal(error: unknown): never {
  if (error instanceof ModelError) {
    throw new CommandRefusal(error.code === "pack_altered" ? "pack_altered" : "pack_invalid", error.message);
  }
  const code = error instanceof DeviceFault ? REFUSED_AS[error.code] : undefined;
  if (code) throw new CommandRefusal(code, (error as DeviceFault).message);
  throw error;
}

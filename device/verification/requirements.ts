import { Refusal, type VerifyRequest } from "../../protocol/readers/request-reader.ts";
import type { Clock } from "../process/clock.ts";
import type { StorageMonitor } from "../status/storage-monitor.ts";
import type { SpoofLock } from "./spoof-lock.ts";

/** The parts that decide whether a request can be served. */
interface RequirementParts {
  readonly spoofs: SpoofLock;
  readonly storage: StorageMonitor;
  readonly clock: Pick<Clock, "wallMs">;
}

/** Throws Refusal: `updating`, `locked` or `storage_failed`. */
export function requireAble(parts: RequirementParts, stopping: boolean, request: VerifyRequest): void {
  const { jti } = request;
  if (stopping) throw new Refusal("updating", "the device is stopping", jti);
  requireUnlocked(parts, request);
  if (parts.storage.isFailing()) throw new Refusal("storage_failed", "", jti);
}

/** Refuses photos of suspected sessions, so these people must ask the staff. All others are served. */
function requireUnlocked({ spoofs, clock }: RequirementParts, { jti, photo }: VerifyRequest): void {
  const { lockedUntilMs } = spoofs.state();
  if (lockedUntilMs === undefined || !spoofs.refuses(spoofs.suspectOf(photo))) return;
  throw new Refusal("locked", `${Math.ceil((lockedUntilMs - clock.wallMs()) / 1000)} s more`, jti);
}

import type { Light } from "../../drivers/light/light.ts";
import { CONTRACT_VERSION, type Status } from "../../protocol/messages/contract.ts";
import { FAULTS, type FaultCode } from "../faults.ts";
import type { SpoofState } from "../session/spoof-count.ts";
import { type LightState, showState } from "./light-patterns.ts";

/** What others can see of the device. */
export interface View {
  /** Undefined until the first attempt to connect has ended. */
  readonly connected: boolean | undefined;
  readonly busy: boolean;
  /** What the light shows for the current or last verification. */
  readonly session: LightState | undefined;
  readonly faults: readonly FaultCode[];
  /** Undefined where presentation attacks are not counted. */
  readonly spoofs?: SpoofState | undefined;
}

/** What the light shows. A session comes first, then what prevents the next one. Pure. */
export function lightFor({ session, faults, connected }: View): LightState {
  if (session) return session;
  if (faults.some(isDeviceFault)) return "faulty";
  if (connected === undefined) return "starting";
  return connected ? "ready" : "offline";
}

/** The status that the carrier gets. Pure. */
export function statusFor(device: string, { busy, faults, spoofs }: View): Status {
  const blocked = faults.some((code) => FAULTS[code].weight !== "warns");
  const status = { v: CONTRACT_VERSION, device, state: blocked ? "faulty" : busy ? "busy" : "ready" } as const;
  if (!spoofs) return { ...status, faults: [...faults] };
  const { attemptsLeft, lockedUntilMs } = spoofs;
  const lockedUntil = lockedUntilMs === undefined ? null : Math.ceil(lockedUntilMs / 1000);
  return { ...status, faults: [...faults], spoofs: { attemptsLeft, lockedUntil } };
}

/** The state of the device for others. Light and status are updated at each change, and only then. */
export interface DeviceStatus {
  update(change: Partial<View>): void;
  raise(fault: FaultCode): void;
  clear(...faults: readonly FaultCode[]): void;
  status(): Status;
  view(): View;
}

interface DeviceStatusParts {
  readonly device: string;
  readonly release?: string | undefined;
  readonly light: Light;
  readonly statusChanged: (status: Status) => void;
}

export function openDeviceStatus({ device, release, light, statusChanged }: DeviceStatusParts): DeviceStatus {
  let view: View = { connected: undefined, busy: false, session: undefined, faults: [] };
  let published = "";
  const status = () => ({ ...statusFor(device, view), ...(release === undefined ? {} : { release }) });
  const update = (change: Partial<View>) => {
    view = { ...view, ...change };
    showState(light, lightFor(view));
    const now = status();
    if (JSON.stringify(now) === published) return;
    published = JSON.stringify(now);
    statusChanged(now);
  };
  return {
    update,
    raise: (fault) => update({ faults: [...new Set([...view.faults, fault])].sort() }),
    clear: (...faults) => update({ faults: view.faults.filter((fault) => !faults.includes(fault)) }),
    status,
    view: () => view,
  };
}

/** The light shows broker and network with a pattern of their own. */
function isDeviceFault(code: FaultCode): boolean {
  return FAULTS[code].weight !== "warns" && code !== "broker_unreachable";
}

import type { Health } from "../../protocol/messages/metrics.ts";

/** The calls from a part of the device to one that is opened after it. */
interface LateCalls {
  /** The data folder can be written again. */
  readonly storageRecovered: () => void;
  /** The clock was not set, and is set now. */
  readonly clockSet: () => void;
  /** Another model pack is in force. */
  readonly packChanged: () => Promise<void>;
  /** Measures the health. */
  readonly health: () => Promise<Health>;
}

/** The one place where parts are connected against the order in which they are opened. */
export interface LateEdges {
  /** What the earlier part calls. Throws while the later part is not connected. */
  readonly calls: LateCalls;
  connect<Name extends keyof LateCalls>(name: Name, target: LateCalls[Name]): void;
}

export function openLateEdges(): LateEdges {
  const targets: { -readonly [Name in keyof LateCalls]?: LateCalls[Name] } = {};
  const targetOf = <Name extends keyof LateCalls>(name: Name): LateCalls[Name] => {
    const target = targets[name];
    if (!target) throw new Error(`${name} was called before it was connected`);
    return target;
  };
  return {
    calls: {
      storageRecovered: () => targetOf("storageRecovered")(),
      clockSet: () => targetOf("clockSet")(),
      packChanged: () => targetOf("packChanged")(),
      health: () => targetOf("health")(),
    },
    connect: (name, target) => {
      targets[name] = target;
    },
  };
}

/** The code of a log event, without its message and fields. */
export interface LoggedEvent {
  readonly event: string;
  readonly level: string;
  /** Seconds since 1970. */
  readonly at: number;
  /** How often the event was repeated without another one between. */
  readonly times: number;
}

/** The codes of the last events. */
interface EventRing {
  add(fields: unknown, level: string, wallMs: number): void;
  recent(): readonly LoggedEvent[];
}

/** Only event codes are kept. */
const CODE = /^[a-z][a-z0-9_]{0,59}$/;

export function openEventRing(most: number): EventRing {
  let events: readonly LoggedEvent[] = [];
  return {
    add(fields, level, wallMs) {
      const event = (fields as { readonly event?: unknown } | null)?.event;
      if (typeof event !== "string" || !CODE.test(event)) return;
      const [at, last] = [Math.max(0, Math.floor(wallMs / 1_000)), events.at(-1)];
      const again = last?.event === event && last.level === level;
      events = again
        ? [...events.slice(0, -1), { event, level, at, times: last.times + 1 }]
        : [...events, { event, level, at, times: 1 }].slice(-most);
    },
    recent: () => events,
  };
}

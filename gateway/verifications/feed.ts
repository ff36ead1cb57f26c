import type { Aim, Progress, RefusalCode } from "../../protocol/messages/contract.ts";

/** Passes the cameras' progress messages to the requests of this process. */
export interface Feed<T> {
  publish(device: string, id: string, news: T): void;
  /** Calls `show` for each message until the returned function is called. */
  subscribe(device: string, id: string, show: (news: T) => void): () => void;
}

export type ProgressFeed = Feed<Progress>;

/** The result of an aim request. */
export type AimNews =
  | { readonly kind: "seen"; readonly aim: Aim }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly because: string };

export type AimFeed = Feed<AimNews>;

export function openFeed<T>(): Feed<T> {
  const subscribers = new Map<string, Set<(news: T) => void>>();
  return {
    publish(device, id, news) {
      for (const show of subscribers.get(`${device} ${id}`) ?? []) show(news);
    },
    subscribe(device, id, show) {
      const key = `${device} ${id}`;
      const all = subscribers.get(key) ?? new Set();
      subscribers.set(key, all.add(show));
      return () => {
        all.delete(show);
        if (all.size === 0) subscribers.delete(key);
      };
    },
  };
}

import type { Progress } from "../../protocol/messages/contract.ts";

/** Who wants to see the progress of which verification. */
export interface ProgressFeed {
  publish(device: string, progress: Progress): void;
  /** Calls `show` for each step until the function that it gives is called. */
  subscribe(device: string, id: string, show: (progress: Progress) => void): () => void;
}

export function openProgressFeed(): ProgressFeed {
  const subscribers = new Map<string, Set<(progress: Progress) => void>>();
  return {
    publish(device, progress) {
      for (const show of subscribers.get(`${device} ${progress.jti}`) ?? []) show(progress);
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

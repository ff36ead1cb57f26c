/// <reference lib="dom" />

/** One server-sent event. */
export interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/** The gateway says that it lives every three seconds: after this long, the connection is lost. */
export const SILENT_MS = 9_000;

/** The events of a stream. Throws when nothing comes for too long, or the connection breaks. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<SentEvent, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    while (!signal.aborted) {
      const { done, value } = await within(reader.read(), SILENT_MS);
      if (done) return;
      text += decoder.decode(value, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) yield* eventOf(block);
    }
  } finally {
    void reader.cancel().catch(() => undefined);
  }
}

/** A block of a stream as an event; comments are none. Pure. */
export function eventOf(block: string): readonly SentEvent[] {
  const field = (name: string) =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const [event, data] = [field("event"), field("data")];
  return event === undefined || data === undefined ? [] : [{ event, data }];
}

function within<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("silent")), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

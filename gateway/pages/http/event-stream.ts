/// <reference lib="dom" />

/** One server-sent event. */
export interface SentEvent {
  readonly event: string;
  readonly data: string;
}

/** The gateway sends a comment every three seconds. After a silence of this length the connection is lost. */
export const SILENT_MS = 9_000;

/** Reads the events of a stream. Throws after too long a silence, or when the connection breaks. */
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

/** Parses one block of a stream. Undefined for a comment. Pure. */
function eventOf(block: string): readonly SentEvent[] {
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

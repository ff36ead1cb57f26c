/// <reference lib="dom" />
import { readEvents, type SentEvent } from "./event-stream.ts";

/** The reason why a request failed: the gateway's code, or `unreachable` without an answer. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** The gateway's interface for one token. All functions throw Problem. */
export interface Api {
  get<T>(path: string): Promise<T>;
  post(path: string, body: object): Promise<void>;
  /** Sends a form. A repetition with the same id has no further effect. */
  postForm(path: string, form: FormData, id: string): Promise<void>;
  /** Server-sent events. They end with an error when the connection is lost. */
  events(path: string, signal: AbortSignal, body?: object): AsyncGenerator<SentEvent, void>;
}

const JSON_TYPE = { "content-type": "application/json" } as const;

export function openApi(token: string): Api {
  const ask = async (path: string, init: RequestInit, headers: Readonly<Record<string, string>> = {}) => {
    const all = { authorization: `Bearer ${token}`, ...headers };
    const answer = await fetch(path, { ...init, headers: all, cache: "no-store", credentials: "omit" }).catch(
      (error: unknown) => {
        throw new Problem("unreachable", String(error));
      },
    );
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  };
  return {
    get: async (path) => (await ask(path, {})).json(),
    post: async (path, body) => void (await ask(path, { method: "POST", body: JSON.stringify(body) }, JSON_TYPE)),
    postForm: async (path, body, id) => void (await ask(path, { method: "POST", body }, { "idempotency-key": id })),
    async *events(path, signal, body) {
      const init = body ? { method: "POST", body: JSON.stringify(body), signal } : { signal };
      const answer = await ask(path, init, body ? JSON_TYPE : {});
      try {
        if (answer.body) yield* readEvents(answer.body, signal);
      } catch (error) {
        throw new Problem("unreachable", String(error));
      }
    },
  };
}

async function problemOf(answer: Response): Promise<Problem> {
  const { code, detail } = await answer.json().catch(() => ({}));
  return new Problem(typeof code === "string" ? code : "failed", String(detail ?? answer.status));
}

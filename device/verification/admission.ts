import type { Reply } from "../../protocol/mqtt/client.ts";
import { Refusal, type VerifyRequest } from "../../protocol/readers/request-reader.ts";
import { timeProblem } from "../../protocol/readers/validity.ts";
import type { Clock } from "../process/clock.ts";

/** A request that waits for its turn. */
export interface Waiting {
  /** Resolves when it was accepted. Throws Refusal. */
  readonly accepted: Promise<void>;
}

/** Decides which request begins now, and which one waits for the running verification (`policy.waitMs`). */
interface Admission {
  /** Whether a new request would have to wait. */
  isBusy(): boolean;
  /** Begins a request, or lets it wait for a bounded time, in the order of arrival. Throws Refusal. */
  admit(request: VerifyRequest, reply: Reply): Promise<Waiting | undefined>;
  /** Whether a request waits, or is just being accepted. */
  holds(jti: string): boolean;
  /** Starts the request that has waited longest, if nothing runs. */
  next(): void;
  /** Refuses a waiting request, or all of them. Returns whether there was one. */
  refuse(code: "cancelled" | "updating", jti?: string): boolean;
}

interface AdmissionParts {
  readonly isRunning: () => boolean;
  /** Begins a verification. Throws Refusal. */
  readonly start: (request: VerifyRequest, reply: Reply) => Promise<void>;
  readonly clock: Pick<Clock, "wallMs">;
}

/** Each waiting request holds a photo of up to 1.5 MB. */
const MOST_WAITING = 4;

/** Ends a wait: the request begins, or is refused. */
type Leave = (refused?: Refusal) => void;

export function openAdmission({ isRunning, start, clock }: AdmissionParts): Admission {
  const waiting = new Map<string, Leave>();
  let starting: string | undefined;
  const next = () => {
    const [first] = waiting;
    if (isRunning() || starting !== undefined || !first) return;
    const [jti, leave] = first;
    starting = jti;
    leave();
  };
  /** Requests that arrive meanwhile are busy. If it fails, the next waiting request starts. */
  const startAlone = async (jti: string, begin: () => Promise<void>) => {
    starting = jti;
    try {
      await begin();
    } finally {
      starting = undefined;
      next();
    }
  };
  const turnOf = ({ jti, policy: { waitMs = 0 } = {} }: VerifyRequest) =>
    new Promise<void>((resolve, reject) => {
      if (waitMs === 0 || waiting.size >= MOST_WAITING) return reject(new Refusal("busy", "", jti));
      const late = setTimeout(() => leave(new Refusal("busy", `for ${waitMs} ms`, jti)), waitMs);
      const leave: Leave = (refused) => {
        clearTimeout(late);
        waiting.delete(jti);
        if (refused) reject(refused);
        else resolve();
      };
      waiting.set(jti, leave);
    });
  const startLater = async (request: VerifyRequest, reply: Reply) => {
    await turnOf(request);
    await startAlone(request.jti, async () => {
      requireFresh(request, clock);
      await start(request, reply);
    });
  };
  const isBusy = () => isRunning() || starting !== undefined || waiting.size > 0;
  return {
    isBusy,
    async admit(request, reply) {
      if (isBusy()) return { accepted: startLater(request, reply) };
      await startAlone(request.jti, () => start(request, reply));
      return undefined;
    },
    holds: (jti) => waiting.has(jti) || starting === jti,
    next,
    refuse(code, jti) {
      const refused = [...waiting].filter(([waits]) => jti === undefined || waits === jti);
      for (const [waits, leave] of refused) leave(new Refusal(code, "", waits));
      return refused.length > 0;
    },
  };
}

/** A request may expire while it waits. */
function requireFresh({ jti, iat, exp }: VerifyRequest, clock: Pick<Clock, "wallMs">): void {
  const problem = timeProblem({ iat, exp }, clock.wallMs() / 1000);
  if (problem) throw new Refusal(problem.code, problem.detail, jti);
}

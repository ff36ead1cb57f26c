import type { RolloutCameraState, RolloutChange, RolloutState } from "../../gateway/register/rollouts/rollouts.ts";
import { codedError } from "../../protocol/common/coded-error.ts";
import { readNamed } from "../console/files.ts";

/** The gateway refused a request. `code` is one of docs/GATEWAY.md. */
export class GatewayRefusal extends codedError<string>("GatewayRefusal") {}

/** The gateway cannot be reached, or failed. The same request may succeed later. */
export class GatewayTrouble extends Error {
  override readonly name = "GatewayTrouble";
}

interface Share {
  readonly bad: number;
  readonly of: number;
}

/** A rollout in the gateway's answer. */
export interface RolloutAnswer {
  readonly rollout: string;
  readonly what: RolloutChange;
  readonly shares: readonly number[];
  readonly hours: number;
  readonly least: number;
  readonly state: RolloutState;
  readonly stage: number;
  readonly stageAt: string;
  readonly why: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
}

export interface JudgedAnswer extends RolloutAnswer {
  readonly cameras: readonly { readonly stage: number; readonly state: RolloutCameraState; readonly cameras: number }[];
  readonly level: number;
  readonly comparisons: readonly {
    readonly figure: string;
    readonly now: Share;
    readonly baseline?: Share;
    readonly chance?: number;
    readonly worse: boolean;
  }[];
  readonly verdict: string;
}

export interface RolloutCameraAnswer {
  readonly camera: string;
  readonly stage: number;
  readonly state: RolloutCameraState;
  readonly before: unknown;
  readonly because: string | null;
}

/** The gateway's interface for rollouts. */
export interface RolloutGateway {
  start(plan: Pick<RolloutAnswer, "what" | "shares" | "hours" | "least">): Promise<RolloutAnswer>;
  list(): Promise<readonly RolloutAnswer[]>;
  get(rollout: string): Promise<JudgedAnswer>;
  look(rollout: string): Promise<JudgedAnswer>;
  move(rollout: string, to: "running" | "halted" | "undoing", why?: string): Promise<JudgedAnswer>;
  /** The connected cameras that wait for a command. */
  due(rollout: string): Promise<readonly RolloutCameraAnswer[]>;
  all(rollout: string): Promise<readonly RolloutCameraAnswer[]>;
  note(
    rollout: string,
    camera: string,
    note: { readonly state: RolloutCameraState; readonly before?: string; readonly because?: string },
  ): Promise<void>;
}

const TOKEN_FILE = "a token of the gateway with the scope fleet";
const PAGE = 1_000;
const ANSWER_WITHIN_MS = 60_000;

/** @param tokenFile read for each request, because a token may expire during a rollout */
export function openRolloutGateway(gateway: URL, tokenFile: string): RolloutGateway {
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const answer = await fetch(new URL(`/v1/rollouts${path}`, gateway), {
      method,
      headers: {
        authorization: `Bearer ${(await readNamed(tokenFile, TOKEN_FILE)).toString("utf8").trim()}`,
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }).catch((cause: unknown) => {
      const { code } = ((cause as Error).cause ?? {}) as { readonly code?: string };
      throw new GatewayTrouble(`the gateway at ${gateway.host} cannot be reached${code ? ` (${code})` : ""}`, {
        cause,
      });
    });
    const read = (await answer.json().catch((cause: unknown) => {
      if (answer.ok) throw new GatewayTrouble(`the answer of the gateway at ${gateway.host} broke off`, { cause });
      return {};
    })) as { readonly code?: string; readonly detail?: string };
    if (answer.ok) return read as T;
    const code = read.code ?? String(answer.status);
    const message = `the gateway answers ${code}: ${read.detail ?? "no detail"}`;
    throw answer.status >= 500 ? new GatewayTrouble(message) : new GatewayRefusal(code, message);
  };
  const pages = async (rollout: string, query: string) => {
    const cameras: RolloutCameraAnswer[] = [];
    for (let after = ""; ; ) {
      const page = await ask<{ readonly cameras: readonly RolloutCameraAnswer[]; readonly next?: string }>(
        "GET",
        `/${rollout}/cameras?limit=${PAGE}&after=${after}${query}`,
      );
      cameras.push(...page.cameras);
      if (page.next === undefined) return cameras;
      after = page.next;
    }
  };
  return {
    start: (plan) => ask("POST", "", plan),
    list: async () => (await ask<{ readonly rollouts: readonly RolloutAnswer[] }>("GET", "")).rollouts,
    get: (rollout) => ask("GET", `/${rollout}`),
    look: (rollout) => ask("POST", `/${rollout}/look`),
    move: (rollout, to, why) => ask("POST", `/${rollout}/state`, { to, ...(why === undefined ? {} : { why }) }),
    due: (rollout) => pages(rollout, "&due=true"),
    all: (rollout) => pages(rollout, ""),
    note: (rollout, camera, note) => ask("PUT", `/${rollout}/cameras/${camera}`, note),
  };
}

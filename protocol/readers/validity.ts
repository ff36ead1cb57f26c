import { LIMITS } from "../messages/contract.ts";

/** The time at which a message was made, and its expiry, in seconds since 1970. */
export interface Dated {
  readonly iat: number;
  readonly exp: number;
}

/** The error in a message's times, if there is one. Requests and commands have the same rule. Pure. */
export function timeProblem(
  { iat, exp }: Dated,
  now: number,
): { readonly code: "from_future" | "expired"; readonly detail: string } | undefined {
  const { clockSkewSeconds, lifetimeSeconds } = LIMITS;
  if (iat > now + clockSkewSeconds) return { code: "from_future", detail: `made ${Math.round(iat - now)} s from now` };
  if (exp <= now - clockSkewSeconds) return { code: "expired", detail: `${Math.round(now - exp)} s ago` };
  if (exp - iat > lifetimeSeconds || exp <= iat) return { code: "expired", detail: `a life of ${exp - iat} s` };
  return undefined;
}

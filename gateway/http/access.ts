import { createLocalJWKSet, createRemoteJWKSet, type JSONWebKeySet, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { CameraFilter } from "../register/register.ts";
import { HttpProblem } from "./problem.ts";

/** Who asks, and which cameras they may see and use. */
export interface Subject {
  readonly name: string;
  readonly filter: CameraFilter;
}

/** Whose tokens are accepted. */
export interface TokenIssuer {
  /** Public keys, or the address where the issuer publishes them. */
  readonly keys: JSONWebKeySet | URL;
  /** What tokens must say in `iss`, when it is set. */
  readonly issuer?: string | undefined;
}

/** Reads a request's `Authorization`. Throws HttpProblem. */
export type Access = (authorization: string | undefined) => Promise<Subject>;

/** What a token must say in `aud`. */
export const AUDIENCE = "matchlight-gateway";
/** Algorithms with a shared secret are missing on purpose: a key that can check such a token can also make one. */
const ALGORITHMS = ["EdDSA", "ES256", "ES384", "RS256", "PS256"];
export const TOKEN_BYTES = 8_192;
export const SKEW_SECONDS = 30;

export function openAccess({ keys, issuer }: TokenIssuer): Access {
  const keyOf: JWTVerifyGetKey = keys instanceof URL ? createRemoteJWKSet(keys) : createLocalJWKSet(keys);
  const seen = new Map<string, Seen>();
  return async (authorization) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined) throw new HttpProblem("token_missing", "send Authorization: Bearer …");
    if (token.length > TOKEN_BYTES) throw new HttpProblem("token_refused", "it is too long");
    const known = seen.get(token);
    if (known && known.untilMs > Date.now()) return known.subject;
    const { sub, scope, exp } = await read(token, keyOf, issuer);
    const subject = { name: sub, filter: filterOf(scope) };
    remember(seen, token, { subject, untilMs: Math.min(exp * 1000, Date.now() + TRUSTED_MS) });
    return subject;
  };
}

/** Throws HttpProblem unless the token's scope is the whole fleet. */
export function requireFleet({ filter }: Subject): void {
  if (!filter.fleet) throw new HttpProblem("not_allowed", "this requires a token with the scope fleet");
}

/** A checked token is accepted for this time without another check, also if its key is withdrawn meanwhile. */
export const TRUSTED_MS = 30_000;
export const MOST_TOKENS = 1_000;

interface Seen {
  readonly subject: Subject;
  readonly untilMs: number;
}

function remember(seen: Map<string, Seen>, token: string, checked: Seen): void {
  seen.delete(token);
  seen.set(token, checked);
  const oldest = seen.keys().next().value;
  if (seen.size > MOST_TOKENS && oldest !== undefined) seen.delete(oldest);
}

async function read(token: string, keyOf: JWTVerifyGetKey, issuer: string | undefined) {
  try {
    const { payload } = await jwtVerify(token, keyOf, {
      algorithms: ALGORITHMS,
      audience: AUDIENCE,
      clockTolerance: SKEW_SECONDS,
      requiredClaims: ["sub", "exp"],
      ...(issuer === undefined ? {} : { issuer }),
    });
    const scope = payload["scope"];
    return { sub: String(payload.sub), scope: typeof scope === "string" ? scope : "", exp: payload.exp ?? 0 };
  } catch (error) {
    throw new HttpProblem("token_refused", error instanceof Error ? error.message : String(error));
  }
}

/** `fleet` is every camera, `camera:counter-7` one, `shop:north` those of a shop; words that mean nothing give nothing. */
export function filterOf(scope: string): CameraFilter {
  const words = scope.split(" ").filter(Boolean).slice(0, 1_000);
  const named = (kind: string) => words.filter((word) => word.startsWith(kind)).map((word) => word.slice(kind.length));
  return { fleet: words.includes("fleet"), cameras: named("camera:"), shops: named("shop:") };
}

/** A camera that is out of scope is not known, so that a token cannot find out which cameras there are. */
export function requireShown({ filter }: Subject, camera: string, shop: string | null): void {
  if (!shows(filter, camera, shop)) throw new HttpProblem("not_found", `no camera ${camera} is in the token's scope`);
}

/** Whether the scope shows a camera of a shop. */
export function shows({ fleet, cameras, shops }: CameraFilter, device: string, shop: string | null): boolean {
  return fleet || cameras.includes(device) || (shop !== null && shops.includes(shop));
}

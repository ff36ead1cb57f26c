import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import type { CameraFilter } from "../register/register.ts";
import { HttpProblem } from "./problem.ts";

/** The owner of a token, and the cameras that the token may see and use. */
export interface Subject {
  readonly name: string;
  readonly filter: CameraFilter;
}

/** The issuer whose tokens the gateway accepts. */
export interface TokenIssuer {
  /** The issuer's public keys, or the URL of its JWK Set. */
  readonly keys: JSONWebKeySet | URL;
  /** The required `iss` of a token; not checked if undefined. */
  readonly issuer?: string | undefined;
}

/** Checks the `Authorization` header of a request. Throws HttpProblem. */
export type Access = (authorization: string | undefined) => Promise<Subject>;

/** The required `aud` of a token. */
export const AUDIENCE = "matchlight-gateway";
/** Algorithms with a shared secret are left out: a key that checks such a token can also make one. */
const ALGORITHMS = ["EdDSA", "ES256", "ES384", "RS256", "PS256"];
export const TOKEN_BYTES = 8_192;
export const SKEW_SECONDS = 30;

export function openAccess({ keys, issuer }: TokenIssuer): Access {
  const keyOf: JWTVerifyGetKey = keys instanceof URL ? remoteKeys(keys) : createLocalJWKSet(keys);
  const seen = new Map<string, Seen>();
  return async (authorization) => {
    const [, token] = /^Bearer ([\w.-]+)$/i.exec(authorization ?? "") ?? [];
    if (token === undefined) throw new HttpProblem("token_missing", "send Authorization: Bearer …");
    if (token.length > TOKEN_BYTES) throw new HttpProblem("token_refused", "the token is too long");
    const known = seen.get(token);
    if (known && known.untilMs > Date.now()) return known.subject;
    const { sub, scope, exp } = await read(token, keyOf, issuer);
    const subject = { name: sub, filter: filterOf(scope) };
    remember(seen, token, { subject, untilMs: Math.min(exp * 1000, Date.now() + TRUSTED_MS) });
    return subject;
  };
}

/** Throws HttpProblem if the token does not have the scope `fleet`. */
export function requireFleet({ filter }: Subject): void {
  if (!filter.fleet) throw new HttpProblem("not_allowed", "this requires a token with the scope fleet");
}

/** A checked token stays accepted for this time, even if its key is withdrawn meanwhile. */
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

/** While the issuer does not answer, its last keys are trusted for this time. */
export const KEYS_KEPT_MS = 3_600_000;

/** The keys of an issuer's JWK Set. Throws HttpProblem `issuer_unreachable`, or jose's error for a token that has no key there. */
function remoteKeys(url: URL): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(url);
  let answeredMs = 0;
  return async (header, token) => {
    try {
      const key = await keys(header, token);
      answeredMs = Date.now();
      return key;
    } catch (error) {
      if (!isOfIssuer(error)) throw error;
      const last = Date.now() - answeredMs < KEYS_KEPT_MS ? keys.jwks() : undefined;
      // A key that the last set does not have may be a new one: the token is not refused for it.
      return createLocalJWKSet(last ?? { keys: [] })(header, token).catch(() => {
        const because = error instanceof Error ? error.message : String(error);
        throw new HttpProblem("issuer_unreachable", `the keys of the tokens' issuer cannot be fetched: ${because}`);
      });
    }
  };
}

/** Whether the issuer's answer is at fault, not the token. jose has no class for an answer without a JWK Set. */
function isOfIssuer(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return [errors.JOSEError, errors.JWKSTimeout, errors.JWKSInvalid].some(({ code }) => code === error.code);
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
    if (error instanceof HttpProblem) throw error;
    throw new HttpProblem("token_refused", error instanceof Error ? error.message : String(error));
  }
}

/**
 * Reads a scope: `fleet` allows all cameras, `camera:counter-7` one camera, `shop:north` the cameras of a shop. Other words allow
 * nothing.
 */
export function filterOf(scope: string): CameraFilter {
  const words = scope.split(" ").filter(Boolean).slice(0, 1_000);
  const named = (kind: string) => words.filter((word) => word.startsWith(kind)).map((word) => word.slice(kind.length));
  return { fleet: words.includes("fleet"), cameras: named("camera:"), shops: named("shop:") };
}

/**
 * Throws HttpProblem `not_found` if the scope does not include the camera: a token cannot be used to find out which cameras
 * exist.
 */
export function requireShown({ filter }: Subject, camera: string, shop: string | null): void {
  if (!shows(filter, camera, shop)) throw new HttpProblem("not_found", `no camera ${camera} is in the token's scope`);
}

/** Whether the scope includes a camera of a shop. */
export function shows({ fleet, cameras, shops }: CameraFilter, device: string, shop: string | null): boolean {
  return fleet || cameras.includes(device) || (shop !== null && shops.includes(shop));
}

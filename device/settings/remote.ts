import { X509Certificate } from "node:crypto";

/** Why a valid value cannot be set remotely. */
interface NotRemote {
  readonly code: "would_loosen" | "not_changeable" | "invalid_value";
  readonly must: string;
}

/**
 * Whether an operator's command can change a setting: at once; only if the camera then reaches its broker, otherwise the
 * change is undone; or never.
 */
export interface Remote<T> {
  readonly change: "at_once" | "if_reached" | "never";
  readonly why: string;
  /** Refuses a valid value that a command may not set; `own` is the value without any command. */
  refuse?(value: T, own: T): NotRemote | undefined;
}

export function never(why: string): Remote<unknown> {
  return { change: "never", why };
}

export function atOnce<T>(why: string, refuse: Remote<T>["refuse"] = () => undefined): Remote<T> {
  return { change: "at_once", why, refuse };
}

export function ifReached<T>(why: string, refuse: Remote<T>["refuse"] = () => undefined): Remote<T> {
  return { change: "if_reached", why, refuse };
}

export function onlySmaller(value: number, own: number): NotRemote | undefined {
  return value <= own ? undefined : { code: "would_loosen", must: `be at most ${own}` };
}

export function onlyLonger(value: number, own: number): NotRemote | undefined {
  return value >= own ? undefined : { code: "would_loosen", must: `be at least ${own}` };
}

/** A limit of 0 means no limit. */
export function onlyStricterLimit(value: number, own: number): NotRemote | undefined {
  const strict = own === 0 || (value > 0 && value <= own);
  return strict ? undefined : { code: "would_loosen", must: `be a number from 1 to ${own}` };
}

/** Commands are signed and not encrypted. */
export function noPassword(...urls: readonly URL[]): NotRemote | undefined {
  const secret = urls.some(({ username, password }) => username !== "" || password !== "");
  return secret ? { code: "not_changeable", must: "have no user and password: a command is not encrypted" } : undefined;
}

/** Only the text of the certificates, because files belong to the machine. */
export function onlyCertificates(value: string | undefined): NotRemote | undefined {
  if (value === undefined) return undefined;
  if (!value.includes("-----BEGIN ")) return { code: "not_changeable", must: "be the text of a PEM, or system" };
  try {
    new X509Certificate(value);
    return undefined;
  } catch {
    return { code: "invalid_value", must: "be certificates that can be read" };
  }
}

/** Frames of a film or a program could show a face that is not before the camera. */
export function onlyRealCamera({ kind }: { readonly kind: string }): NotRemote | undefined {
  return kind === "v4l2" ? undefined : { code: "not_changeable", must: "be a camera of the machine: v4l2:…" };
}

import { resolve } from "node:path";

/** Reads a setting's text: its value, or in the operator's words what it must be. */
export type Read<T> = (text: string) => { readonly value: T } | { readonly must: string };

export function readUrl(protocols: readonly string[]): Read<URL> {
  return (text) => {
    const value = URL.canParse(text) ? new URL(text) : undefined;
    if (value && protocols.includes(value.protocol) && value.hostname) return { value };
    return { must: `be an address that starts with ${protocols.map((one) => `${one}//`).join(" or ")}` };
  };
}

export function readMatching(pattern: RegExp, words: string): Read<string> {
  return (text) => (pattern.test(text) ? { value: text } : { must: `be ${words}` });
}

export function readOneOf<const T extends string>(values: readonly T[]): Read<T> {
  return (text) => {
    const value = values.find((one) => one === text);
    return value ? { value } : { must: `be one of ${values.join(", ")}` };
  };
}

interface NumberBounds {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
  readonly unit: string;
}

export function readNumber({ least, most, whole, unit }: NumberBounds): Read<number> {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= least && value <= most && (!whole || Number.isInteger(value))) return { value };
    return { must: `be a ${whole ? "whole " : ""}number from ${least} to ${most}${unit}` };
  };
}

export const readFolder: Read<string> = (text) =>
  text.length > 0 && text.length < 4096 ? { value: resolve(text) } : { must: "be the path of a folder" };

import { resolve } from "node:path";
import { DEFAULT_TOPICS, isTopicTemplate } from "../../protocol/messages/contract.ts";
import { isBrokerUrl } from "../../protocol/mqtt/socket.ts";

/** Parses the text of a setting. Returns the value, or what it must be. */
export type Read<T> = (text: string) => { readonly value: T } | { readonly must: string };

/** A broker URL. User and password are decoded at each connection, so they are checked here. */
export function readBrokerUrl(text: string): ReturnType<Read<URL>> {
  const value = URL.canParse(text) ? new URL(text) : undefined;
  if (!value || !isBrokerUrl(value)) {
    return { must: "be an address that starts with mqtt:// or mqtts://" };
  }
  if (isEncoded(value.username) && isEncoded(value.password)) return { value };
  return { must: "have %25 for each % in its user and password" };
}

/** Further addresses of the broker, with spaces between them, or none. */
export function readBrokerUrls(text: string): ReturnType<Read<readonly URL[]>> {
  if (text === "none") return { value: [] };
  const read = text.trim().split(/\s+/).map(readBrokerUrl);
  const urls = read.flatMap((one) => ("value" in one ? [one.value] : []));
  if (urls.length < read.length || urls.length > 15)
    return { must: "be up to 15 addresses that start with mqtt:// or mqtts://, with spaces between them, or none" };
  return { value: urls };
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The name of a camera. */
export const readDeviceName = readMatching(
  /^[A-Za-z0-9_-]{1,64}$/,
  "1 to 64 letters, digits, '_' or '-'; no '.', which NATS and RabbitMQ read as the end of a topic level",
);

export function readMatching(pattern: RegExp, words: string): Read<string> {
  return (text) => (pattern.test(text) ? { value: text } : { must: `be ${words}` });
}

export function readOneOf<const T extends string>(values: readonly T[]): Read<T> {
  return (text) => {
    const value = values.find((one) => one === text);
    return value ? { value } : { must: `be one of ${values.join(", ")}` };
  };
}

export interface NumberBounds {
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

/** A file; `absent` is the word for none. */
export function readFile(absent: string): Read<string | undefined> {
  return (text) => {
    if (text === absent) return { value: undefined };
    return text.length < 4096 ? { value: resolve(text) } : { must: `be the path of a file, or ${absent}` };
  };
}

/** The text of a PEM, or the file that has it; `absent` is the word for none. */
export function readPem(absent: string): Read<string | undefined> {
  const file = readFile(absent);
  return (text) => {
    if (!text.includes("-----BEGIN ")) return file(text);
    return text.length <= PEM_LETTERS ? { value: text } : { must: `have at most ${PEM_LETTERS} letters` };
  };
}

/** Several authorities, or a certificate with those between it and its authority. */
const PEM_LETTERS = 65_536;

/** A name of up to 200 printable characters; `absent` is the word for none. */
export function readName(absent: string): Read<string | undefined> {
  return (text) => {
    if (text === absent) return { value: undefined };
    return /^[\x21-\x7e]{1,200}$/.test(text)
      ? { value: text }
      : { must: `be at most 200 letters without spaces, or ${absent}` };
  };
}

/** The default of version 0.1.0, which the settings of a fleet may still hold. */
const OLD_DEFAULT_TOPICS = "{root}/{device}/{channel}";

/** A topic template. */
export const readTopics: Read<string> = (text) => {
  const template = text === OLD_DEFAULT_TOPICS ? DEFAULT_TOPICS : text;
  return isTopicTemplate(template)
    ? { value: template }
    : { must: "be levels joined by '/', with {device} and {channel} once each" };
};

import { InvalidArgumentError } from "commander";
import {
  type NumberBounds,
  type Read,
  readBrokerUrl,
  readDeviceName,
  readNumber,
  readTopics,
} from "../../device/settings/parsers.ts";

/** Parses a numeric option with bounds, like a setting of the service. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return bounded({ least, most, whole: false, unit: "" });
}

export function wholeFrom(least: number, most: number): (text: string) => number {
  return bounded({ least, most, whole: true, unit: "" });
}

function bounded(bounds: NumberBounds): (text: string) => number {
  return asOption(readNumber(bounds));
}

/** Parses an option as the service parses the setting. */
function asOption<T>(read: Read<T>): (text: string) => T {
  return (text) => {
    const result = read(text);
    if ("value" in result) return result.value;
    throw new InvalidArgumentError(`It must ${result.must}.`);
  };
}

/** Parses an option with a broker URL. */
export const brokerUrl = asOption(readBrokerUrl);

/** Parses an option with a template of topics. */
export const topicTemplate = asOption(readTopics);

/** Parses an option with the name of a camera. */
export const deviceName = asOption(readDeviceName);

/** Parses an option with the RFC 7638 thumbprint of a key: a SHA-256 digest in base64url. */
export function thumbprint(text: string): string {
  if (/^[A-Za-z0-9_-]{43}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be 43 letters, digits, - and _, as `matchlight identity show` prints them.");
}

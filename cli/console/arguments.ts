import { InvalidArgumentError } from "commander";
import { type NumberBounds, readNumber } from "../../device/settings/parsers.ts";

/** Reads an option's number, held to its bounds as a setting of the service is. */
export function numberFrom(least: number, most: number): (text: string) => number {
  return bounded({ least, most, whole: false, unit: "" });
}

export function wholeFrom(least: number, most: number): (text: string) => number {
  return bounded({ least, most, whole: true, unit: "" });
}

function bounded(bounds: NumberBounds): (text: string) => number {
  const read = readNumber(bounds);
  return (text) => {
    const result = read(text);
    if ("value" in result) return result.value;
    throw new InvalidArgumentError(`It must ${result.must}.`);
  };
}

/** Reads an option's broker address. */
export function brokerUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new InvalidArgumentError("It must be an address such as mqtt://localhost:1883.");
}

import { InvalidArgumentError } from "commander";
import { type NumberBounds, readNumber } from "../../device/settings/parsers.ts";

/** Parses a numeric option with bounds, like a setting of the service. */
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

/** Parses an option with a broker URL. */
export function brokerUrl(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new InvalidArgumentError("It must be an address such as mqtt://localhost:1883.");
}

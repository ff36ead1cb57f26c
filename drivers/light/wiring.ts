import type { Colour } from "./light.ts";

/** The wiring of a status light to a GPIO chip. */
export interface Wiring {
  /** The chip by its label ("pinctrl-bcm2711") or node ("/dev/gpiochip0"); "auto" finds a Raspberry Pi's header. */
  readonly chip: string;
  /** One to three lamps, each on a line with an offset ("17") or a name ("GPIO17"). */
  readonly lamps: readonly Lamped[];
  /** A lamp is lit when its line is low. */
  readonly activeLow: boolean;
}

export interface Lamped {
  readonly lamp: "on" | "red" | "green" | "blue";
  readonly line: string;
}

/** Red, green and blue on the header's pins 11, 13 and 15, side by side with a ground. */
export const STANDARD_WIRING: Wiring = {
  chip: "auto",
  lamps: [
    { lamp: "red", line: "17" },
    { lamp: "green", line: "27" },
    { lamp: "blue", line: "22" },
  ],
  activeLow: false,
};

/** The labels of the chips behind the 40-pin headers: Pi 5, Pi 4, older ones and the Zero 2. */
export const HEADER_LABELS = ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"];

/** The lamps of each colour. A light with fewer lamps uses those it has, and its rhythm shows the state. */
const MIXTURES: Readonly<Record<Colour, readonly Lamped["lamp"][]>> = {
  green: ["on", "green"],
  red: ["on", "red"],
  amber: ["on", "red", "green"],
  white: ["on", "red", "green", "blue"],
};

/** The lamps that are lit for a colour: bit i is lamp i. Never 0 for a colour, so that no state looks dark. Pure. */
export function lampsFor(colour: Colour | "dark", { lamps }: Wiring): number {
  if (colour === "dark") return 0;
  const bits = lamps.reduce((sum, { lamp }, i) => sum | (MIXTURES[colour].includes(lamp) ? 1 << i : 0), 0);
  return bits === 0 ? (1 << lamps.length) - 1 : bits;
}

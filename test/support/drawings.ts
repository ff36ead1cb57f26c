import { LIGHT_TABLE, type LightState } from "../../device/status/light-patterns.ts";
import type { Beat, Colour, Pattern } from "../../drivers/light/light.ts";
import { STANDARD_WIRING } from "../../drivers/light/wiring.ts";

/** What each state of the light means to people at the counter. */
const MEANING: Readonly<Record<LightState, string>> = {
  starting: "starting",
  unprovisioned: "not provisioned yet: settings are missing",
  ready: "ready",
  preparing: "reading the photo of the ID card",
  looking: "looking at you",
  hint: "follow the hint",
  match: "done, thank you",
  see_staff: "please see staff; *no match* and *inconclusive* look the same, so that bystanders learn nothing",
  offline: "no connection to the carrier",
  faulty: "the device needs attention; red never means the person",
};

/** The light's states, as a row of a table each. */
export function lightRows(): readonly (readonly [light: string, meaning: string])[] {
  return states().map((state) => [inWords(LIGHT_TABLE[state]), MEANING[state]]);
}

/** In the order of the table that the device shows. */
function states(): readonly LightState[] {
  return Object.keys(LIGHT_TABLE) as LightState[];
}

const COUNTS = ["", "one flash", "two flashes", "three flashes"];

/** A pattern as people see it: "red, three flashes of 0.15 s every 2 s". Pure. */
export function inWords({ colour, beats }: Pattern): string {
  if (beats.length === 1) return `${colour}, steady`;
  const lit = beats.filter((beat) => beat.lit).map(({ forMs }) => `${forMs / 1000} s`);
  const lengths = [...new Set(lit)].join(" and ");
  return `${colour}, ${COUNTS[lit.length]} of ${lengths} every ${durationMs(beats) / 1000} s`;
}

function durationMs(beats: readonly Beat[]): number {
  return beats.reduce((sum, { forMs }) => sum + forMs, 0);
}

const INK: Readonly<Record<Colour, string>> = { green: "#2da44e", amber: "#e8a317", red: "#d1242f", white: "#ffffff" };
const PLATE = "#30363d";
const LETTERS = 'font-family="sans-serif" font-size="13"';

const SHOWN_MS = 8_000;
const ROW = { height: 26, label: 100, perSecond: 62 } as const;

/** All patterns of the light, eight seconds of each. */
export function lightPicture(): string {
  const width = ROW.label + (SHOWN_MS / 1000) * ROW.perSecond + 10;
  const rows = states().map((state, i) => patternRow(state, 8 + i * ROW.height));
  const height = 8 + rows.length * ROW.height + 20;
  const seconds = Array.from({ length: SHOWN_MS / 1000 + 1 }, (_, second) =>
    text(ROW.label + second * ROW.perSecond, height - 6, `${second} s`, "#ffffff", "middle"),
  );
  return picture(width, height, "The patterns of the light", [
    box(0, 0, width, height, PLATE),
    ...rows.flat(),
    ...seconds,
  ]);
}

function patternRow(state: LightState, y: number): readonly string[] {
  const { colour, beats } = LIGHT_TABLE[state];
  const flashes: string[] = [];
  for (let [atMs, i] = [0, 0]; atMs < SHOWN_MS; i++) {
    const { lit, forMs } = beats[i % beats.length] as Beat;
    const shownMs = Math.min(forMs, SHOWN_MS - atMs);
    if (lit) flashes.push(box(ROW.label + px(atMs), y, px(shownMs), ROW.height - 8, INK[colour]));
    atMs += forMs;
  }
  return [text(10, y + 14, state.replaceAll("_", " "), "#ffffff"), ...flashes];
}

const px = (ms: number) => Math.round((ms / 1000) * ROW.perSecond * 10) / 10;

/** The pins of a Raspberry Pi's header on which the lines of the standard wiring are, and the ground beside them. */
const PIN_OF: Readonly<Record<string, number>> = { "17": 11, "27": 13, "22": 15 };
const GROUND_PIN = 9;
const HEADER = { left: 500, top: 44, step: 22, pins: 16 } as const;
const LED = { x: 80, y: 176, radius: 38 } as const;
const RESISTOR = { left: 160, width: 56, height: 14 } as const;
const LAMP_INK = { on: "#57606a", red: "#d1242f", green: "#1a7f37", blue: "#0969da" } as const;
const PAPER = "#f6f8fa";

/** An RGB LED on the standard lines, each through a resistor, and its common cathode on the ground. */
export function wiringPicture(): string {
  const [width, height] = [560, 240];
  const leads = STANDARD_WIRING.lamps.flatMap(({ lamp, line }) => {
    const number = PIN_OF[line] ?? 0;
    return lead(number, LAMP_INK[lamp], `${lamp}: GPIO ${line}, pin ${number}`);
  });
  return picture(width, height, "An RGB LED on the header of a Raspberry Pi", [
    box(0, 0, width, height, PAPER),
    text(10, 24, "RGB LED, common cathode", PLATE),
    text(HEADER.left + HEADER.step / 2, 24, "header", PLATE, "middle"),
    ...header(),
    ...leads,
    ...ground(),
    `<circle cx="${LED.x}" cy="${LED.y}" r="${LED.radius}" fill="#ffffff" stroke="${PLATE}" stroke-width="2"/>`,
    text(LED.x, LED.y + 5, "LED", PLATE, "middle"),
  ]);
}

/** Odd pins are in the left column. */
function pinAt(number: number): { readonly x: number; readonly y: number } {
  const across = number % 2 === 1 ? 0 : HEADER.step;
  return { x: HEADER.left + across, y: HEADER.top + Math.floor((number - 1) / 2) * HEADER.step };
}

function header(): readonly string[] {
  const used = [GROUND_PIN, ...STANDARD_WIRING.lamps.map(({ line }) => PIN_OF[line])];
  const numbers = Array.from({ length: HEADER.pins }, (_, i) => i + 1);
  const board = box(HEADER.left - 13, HEADER.top - 13, HEADER.step + 26, (HEADER.pins / 2) * HEADER.step + 4, PLATE);
  return [
    board,
    ...numbers.map((number) => {
      const { x, y } = pinAt(number);
      const fill = used.includes(number) ? "#ffffff" : "#8c959f";
      return `<circle cx="${x}" cy="${y}" r="9" fill="${fill}"/>${text(x, y + 4, String(number), PLATE, "middle")}`;
    }),
  ];
}

function lead(number: number, ink: string, label: string): readonly string[] {
  const { x, y } = pinAt(number);
  const { left, width, height } = RESISTOR;
  return [
    path(`M${x - 9} ${y}H${LED.x}`, ink),
    box(left, y - height / 2, width, height, "#ffffff", ink),
    text(left + width / 2, y + 4, "330 Ω", PLATE, "middle"),
    text(left + width + 20, y - 4, label, ink),
  ];
}

function ground(): readonly string[] {
  const { x, y } = pinAt(GROUND_PIN);
  return [path(`M${x - 9} ${y}H${LED.x}V${LED.y}`, PLATE), text(236, y - 4, `ground: pin ${GROUND_PIN}`, PLATE)];
}

function picture(width: number, height: number, title: string, parts: readonly string[]): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ${LETTERS}>`;
  return [head, `<title>${title}</title>`, ...parts, "</svg>", ""].join("\n");
}

function box(x: number, y: number, width: number, height: number, fill: string, stroke?: string): string {
  const edge = stroke === undefined ? "" : ` stroke="${stroke}"`;
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"${edge}/>`;
}

function path(way: string, ink: string): string {
  return `<path d="${way}" fill="none" stroke="${ink}" stroke-width="2"/>`;
}

function text(x: number, y: number, words: string, ink: string, anchor = "start"): string {
  return `<text x="${x}" y="${y}" fill="${ink}" text-anchor="${anchor}">${words}</text>`;
}

import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Resvg } from "@resvg/resvg-js";

/** The font comes with the tool, because a machine without fonts would draw no letters and give no error. */
const FONTS = dirname(createRequire(import.meta.url).resolve("dejavu-fonts-ttf/package.json"));

/** Draws an SVG as PNG, twice as large, so that it is sharp on a dense screen. */
export function drawPng(svg: string): Uint8Array {
  const files = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"].map((name) => join(FONTS, "ttf", name));
  const font = { fontFiles: files, loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" };
  return new Resvg(svg, { font, fitTo: { mode: "zoom", value: 2 } }).render().asPng();
}

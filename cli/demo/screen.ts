import { Writable } from "node:stream";
import { styleText } from "node:util";
import type { Light } from "../../drivers/light/light.ts";
import { textLight } from "../../drivers/light/text-light.ts";

/** The output of the demonstration: lines, and below them the light. */
export interface Screen {
  readonly light: Light;
  line(text?: string): void;
  heading(text: string): void;
}

/** A terminal draws the light again at each beat. A log gets one line for each new pattern. */
export function openScreen(out: NodeJS.WriteStream): Screen {
  const indented = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      out.write(out.isTTY ? text.replace("\u001b[K", "\u001b[K    ") : `    ${text}`);
      done();
    },
  });
  const clear = out.isTTY ? "\r\u001b[K" : "";
  return {
    light: textLight(indented, out.isTTY ? "blink" : "tell"),
    line: (text = "") => void out.write(`${clear}${text}\n`),
    heading: (text) => void out.write(`${clear}\n${out.isTTY ? styleText("bold", text) : text}\n`),
  };
}

/** A screen without output, for JSON. */
export function silentScreen(): Screen {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return { light: textLight(nowhere, "tell"), line: () => undefined, heading: () => undefined };
}

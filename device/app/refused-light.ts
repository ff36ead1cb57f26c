import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { STANDARD_WIRING } from "../../drivers/light/wiring.ts";
import { type Environment, readSettings } from "../settings/environment.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";
import { showState } from "../status/light-patterns.ts";
import { openLight } from "./hardware.ts";

const USUAL: LightChoice = { kind: "auto", wiring: STANDARD_WIRING };
/** After this time the process ends, and a supervisor starts it again. */
const SHOWN_MS = 60_000;

/**
 * Shows "device needs attention" after refused settings, on the configured light, or on the default light if its setting is
 * wrong, too. Ends after `shownMs`, or when `stop` resolves. A text light shows nothing, because the message is already there.
 */
export async function showRefused(
  environment: Environment,
  stop: Promise<unknown>,
  { open = openLight, shownMs = SHOWN_MS } = {},
): Promise<void> {
  const choice = readSettings(environment).values.light ?? USUAL;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  await using light = open(choice, { failed: () => undefined, working: () => undefined }, silent);
  if (light.name === "text") return;
  showState(light, "faulty");
  const over = new AbortController();
  await Promise.race([sleep(shownMs, undefined, { signal: over.signal }), stop]);
  over.abort();
}

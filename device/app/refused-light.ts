import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { STANDARD_WIRING } from "../../drivers/light/wiring.ts";
import { type Environment, readSettings } from "../settings/environment.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";
import { showState } from "../status/light-patterns.ts";
import { openLight } from "./hardware.ts";

const USUAL: LightChoice = { kind: "auto", wiring: STANDARD_WIRING };
/** A supervisor starts the process again after that. */
const SHOWN_MS = 60_000;

/**
 * Shows that the device needs attention when its settings are refused: the light that is set, or the usual one where its
 * setting is wrong, too. Ends after a time, or when `stop` resolves. A light of text has nothing to add to the message.
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

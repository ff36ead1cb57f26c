import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Light } from "../../drivers/light/light.ts";
import { STANDARD_WIRING } from "../../drivers/light/wiring.ts";
import type { LightChoice } from "../settings/hardware-parsers.ts";
import { showState } from "../status/light-patterns.ts";
import { openLight } from "./hardware.ts";

const USUAL: LightChoice = { kind: "auto", wiring: STANDARD_WIRING };
/** After this time the process ends, and a supervisor starts it again. */
const SHOWN_MS = 60_000;

interface FaultyLight extends AsyncDisposable {
  /** False for a text light, which shows nothing, because the message is already there. */
  readonly seen: boolean;
}

interface FaultyLightOptions {
  /** The light of a test. It is not closed. */
  readonly own?: Light | undefined;
  readonly open?: typeof openLight;
}

/** Shows "device needs attention" until it is closed, on the configured light, or on the default one if that setting is wrong. */
export function openFaultyLight(
  choice: LightChoice | undefined,
  { own, open = openLight }: FaultyLightOptions = {},
): FaultyLight {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const light = own ?? open(choice ?? USUAL, { failed: () => undefined, working: () => undefined }, silent);
  const seen = light.name !== "text";
  if (seen) showState(light, "faulty");
  return { seen, [Symbol.asyncDispose]: async () => (own ? undefined : light[Symbol.asyncDispose]()) };
}

/** Shows it for `shownMs`, or until `stop` resolves. */
export async function showFaulty(
  choice: LightChoice | undefined,
  stop: Promise<unknown>,
  { shownMs = SHOWN_MS, ...options }: FaultyLightOptions & { readonly shownMs?: number } = {},
): Promise<void> {
  await using light = openFaultyLight(choice, options);
  if (!light.seen) return;
  const over = new AbortController();
  await Promise.race([sleep(shownMs, undefined, { signal: over.signal }), stop]);
  over.abort();
}

import { CommandRefusal } from "../../../protocol/readers/command-reader.ts";
import { DeviceFault } from "../../faults.ts";
import type { Inference } from "../../inference/inference.ts";
import { type Configuration, openConfiguration } from "../../management/settings/configuration.ts";
import { loadTls } from "../../messaging/tls.ts";
import { requireRate, supportsRate } from "../../packs/thresholds.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Parts } from "../parts.ts";

/**
 * The configuration of the device. `settings` are the values without any command. Throws DeviceFault `settings_refused` for a
 * rate that the pack does not support, unless the pack replaces one that was set aside: then the operator can still send
 * another pack.
 */
export async function openDeviceConfiguration(
  settings: Settings,
  {
    store,
    environment,
    clock,
    pack,
    chooseLight,
  }: Pick<Parts, "store" | "environment" | "clock" | "pack" | "chooseLight">,
  inference: Pick<Inference, "pack">,
): Promise<Configuration> {
  if (pack.setAside.length === 0) requireRate(inference.pack, settings.fmr);
  return openConfiguration({
    store,
    clock,
    given: { environment, settings, supports: (fmr) => supportsRate(inference.pack, fmr) },
    changed: async ({ light }) => (await chooseLight(light))?.message,
    check: requireTogether,
  });
}

/** Each setting may be right, but the device cannot start if they contradict each other. */
async function requireTogether(settings: Settings): Promise<void> {
  await loadTls(settings).catch((error: unknown) => {
    throw error instanceof DeviceFault ? new CommandRefusal("invalid_value", error.message) : error;
  });
}

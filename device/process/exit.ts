import { type Addon, loadAddon } from "../../drivers/addon.ts";

/**
 * Ends the process at once, whatever its threads do. `process.exit()` would wait for a thread in native code, and interrupt a
 * thread in onnxruntime, which then aborts; and process 1 of a container cannot kill itself. All data is already stored. The
 * part of the log that a slow reader has not read yet is lost.
 */
export function exitNow(code: number): never {
  return addon()?.exitNow(code) ?? process.exit(code);
}

/** Undefined if the addon was not built. Then no camera or light works either, and the usual exit is enough. */
function addon(): Addon | undefined {
  try {
    return loadAddon();
  } catch {
    return undefined;
  }
}

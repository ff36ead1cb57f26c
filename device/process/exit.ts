import { type Addon, loadAddon } from "../../drivers/addon.ts";

/**
 * Ends the process at once, whatever its threads are at. `process.exit()` would wait for one in native code and break into
 * one in onnxruntime, which aborts; and process 1 of a container cannot kill itself. Whatever is to be stored has been by
 * now; of the log what a slow reader has not read yet is lost.
 */
export function exitNow(code: number): never {
  return addon()?.exitNow(code) ?? process.exit(code);
}

/** Where the addon was not built no camera or light works either: there the ordinary end must do. */
function addon(): Addon | undefined {
  try {
    return loadAddon();
  } catch {
    return undefined;
  }
}

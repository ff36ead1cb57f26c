/**
 * Collects this thread's garbage as soon as what runs has ended. V8 does so when a heap has grown, and pictures and packs
 * lie outside of it: what a start or a verification leaves would stay until the next one, and be held beside that one's.
 * Does nothing unless Node was started with --expose-gc, as `npm start`, the image and the unit do.
 */
export function collectGarbage(): void {
  setImmediate(() => globalThis.gc?.());
}

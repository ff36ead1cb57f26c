import { getHeapSpaceStatistics } from "node:v8";

/**
 * Collects this thread's garbage as soon as what runs has ended. V8 does so when a heap has grown, and pictures and packs
 * lie outside of it: what a start or a verification leaves would stay until the next one, and be held beside that one's.
 * Does nothing unless Node was started with --expose-gc, as `npm start`, the image and the unit do.
 */
export function collectGarbage(): void {
  setImmediate(() => {
    if (!globalThis.gc) return;
    forgetLastMatch();
    globalThis.gc();
    overwriteYoungHeap();
  });
}

/** The engine holds on to the text that a regular expression matched last (`RegExp.input`): a photo's, after its check. */
function forgetLastMatch(): void {
  /^nothing$/.test("nothing");
}

/** Objects that V8 puts into the young heap, and their size: a slot is a pointer. */
const YOUNG = { slots: 4_096, bytes: 32_768 } as const;

/** With the settings of `npm start` each half may grow to a megabyte. */
const LEAST_YOUNG_BYTES = 2_097_152;

/** What has died young lies where it was until that half of the young heap is used again: and an idle device uses little. */
function overwriteYoungHeap(): void {
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
  const twice = 2 * Math.max(young?.space_size ?? 0, LEAST_YOUNG_BYTES);
  for (let bytes = 0; bytes < twice; bytes += YOUNG.bytes) new Array(YOUNG.slots).fill(bytes);
}

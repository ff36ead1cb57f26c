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

/** Twice each half of the young heap that V8 may have, in objects that it puts there. */
const YOUNG_OBJECTS = { count: 128, slots: 4_096 } as const;

/** What has died young lies where it was until that half of the young heap is used again: and an idle device uses little. */
function overwriteYoungHeap(): void {
  for (let i = 0; i < YOUNG_OBJECTS.count; i++) new Array(YOUNG_OBJECTS.slots).fill(i);
}

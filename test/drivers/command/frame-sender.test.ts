import { readFile } from "node:fs/promises";
import t from "tap";
import { frameSender } from "../../../drivers/command/frame-sender.ts";
import { sink } from "../../contract/camera.ts";
import { media } from "../../support/media.ts";

t.test("pictures that ended early are counted, and leave a gap in the sequence", async (t) => {
  const jpeg = await readFile(media.path("franck_02221.jpg"));
  const sequences: number[] = [];
  const sender = frameSender(
    sink({
      frame(frame) {
        sequences.push(frame.sequence);
        frame.giveBack();
      },
    }),
  );
  t.equal(sender.send([Uint8Array.from(jpeg)], 0), 1);
  t.equal(sender.send([], 2), 0);
  t.equal(sender.send([Uint8Array.from(jpeg)], 1), 1);
  t.same(sequences, [0, 4]);
  t.match(sender.counts(), { taken: 2, damaged: 3, dropped: 0 });
});

import t from "tap";
import { reusableBuffer } from "../../../device/inference/reusable-buffer.ts";

t.test("memory that came back holds the next copy, if it has room", async (t) => {
  const spare = reusableBuffer();
  const first = spare.copy(Uint8Array.of(1, 2, 3));
  spare.giveBack(first.buffer);
  const second = spare.copy(Uint8Array.of(4, 5));
  t.equal(second.buffer, first.buffer);
  t.same([...second], [4, 5]);
  spare.giveBack(second.buffer);
  const large = spare.copy(new Uint8Array(100_000).fill(7));
  t.not(large.buffer, first.buffer);
  t.ok(large.length === 100_000 && large.every((byte) => byte === 7));
});

t.test("while it is out, or was dropped, the next copy gets memory of its own", async (t) => {
  const spare = reusableBuffer();
  const [first, second] = [spare.copy(Uint8Array.of(1)), spare.copy(Uint8Array.of(2))];
  t.not(first.buffer, second.buffer);
  spare.giveBack(first.buffer);
  spare.drop();
  t.not(spare.copy(Uint8Array.of(3)).buffer, first.buffer);
});

import { Socket } from "node:net";
import t from "tap";
import { boundPackets } from "../../../protocol/mqtt/packet-bound.ts";

/** A PUBLISH of so many bytes behind its header, as it comes over a line. */
function packet(length: number, bytes = length): Buffer {
  const digits: number[] = [];
  for (let left = length; digits.length === 0 || left > 0; left = Math.floor(left / 128)) {
    digits.push((left % 128) + (left >= 128 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from([0x30, ...digits]), Buffer.alloc(bytes, 0xff)]);
}

/** What was too large on a socket that received this, in pieces of `size` bytes. */
function tooLarge(bytes: Buffer, size: number): readonly number[] {
  const found: number[] = [];
  const socket = boundPackets(new Socket(), 1_000, (length) => found.push(length));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size)
    socket.emit("data", bytes.subarray(at, at + size));
  return found;
}

t.test("a packet that is too large is noticed when it is announced, however its bytes come", async (t) => {
  const allowed = Buffer.concat([packet(0), packet(1_000), packet(127), packet(128), packet(2), packet(0)]);
  for (const size of [1, 2, 3, 500, 100_000]) {
    t.same(tooLarge(allowed, size), [], `allowed, in pieces of ${size}`);
    for (const length of [1_001, 16_384, 268_435_455]) {
      t.same(tooLarge(Buffer.concat([allowed, packet(length, 0)]), size), [length]);
    }
  }
});

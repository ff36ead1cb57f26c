import { Socket } from "node:net";
import t from "tap";
import { boundPackets } from "../../../protocol/mqtt/packet-bound.ts";

/** A PUBLISH of so many bytes behind its header, as it comes over a line. */
function packet(length: number, bytes = length, first = 0x30): Buffer {
  const digits: number[] = [];
  for (let left = length; digits.length === 0 || left > 0; left = Math.floor(left / 128)) {
    digits.push((left % 128) + (left >= 128 ? 128 : 0));
  }
  return Buffer.concat([Buffer.from([first, ...digits]), Buffer.alloc(bytes, 0xff)]);
}

/** What was refused on a socket that received this, in pieces of `size` bytes. */
function refused(bytes: Buffer, size: number): readonly string[] {
  const found: string[] = [];
  const socket = boundPackets(new Socket(), 1_000, (why) => found.push(why));
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size)
    socket.emit("data", bytes.subarray(at, at + size));
  return found;
}

t.test("a packet that is too large is noticed when it is announced, however its bytes come", async (t) => {
  const allowed = Buffer.concat([packet(0), packet(1_000), packet(127), packet(128), packet(2), packet(0)]);
  for (const size of [1, 2, 3, 500, 100_000]) {
    t.same(refused(allowed, size), [], `allowed, in pieces of ${size}`);
    for (const length of [1_001, 16_384, 268_435_455]) {
      const [why, ...more] = refused(Buffer.concat([allowed, packet(length, 0)]), size);
      t.match(why, `a packet of ${length} bytes`);
      t.same(more, []);
    }
  }
});

t.test("a message with QoS 2 or 3 is refused when it begins, and no other packet is", async (t) => {
  const flags = [0, 1, 2, 3, 8, 9, 10, 11];
  const publishes = flags.map((flag) => packet(10, 10, 0x30 | flag));
  const others = [2, 4, 5, 6, 7, 9, 11, 13, 14].flatMap((type) => [0x04, 0x06].map((flag) => (type << 4) | flag));
  const allowed = Buffer.concat([...publishes, ...others.map((first) => packet(10, 10, first))]);
  for (const size of [1, 2, 3, 100_000]) {
    t.same(refused(allowed, size), [], `in pieces of ${size}`);
    for (const first of [0x34, 0x35, 0x36, 0x3d])
      t.match(
        refused(Buffer.concat([allowed, packet(10, 0, first)]), size),
        [/QoS 2/],
        `${first} in pieces of ${size}`,
      );
  }
});

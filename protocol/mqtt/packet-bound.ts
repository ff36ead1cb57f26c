import type { Socket } from "node:net";

/** The bits of the length in each byte. The eighth bit says that another byte follows. */
const LENGTH_BITS = 7;
const MORE = 0x80;
const LENGTH_BYTES = 4;

/**
 * Ends a connection when a packet announces more than `most` bytes. The MQTT library reads a packet into memory, up to 256 MB,
 * before it parses it, and MQTT 3.1.1 has no field for the largest packet.
 */
export function boundPackets(socket: Socket, most: number, tooLarge: (bytes: number) => void): Socket {
  const lengthsOf = packetLengths();
  return socket.on("data", (bytes: Buffer) => {
    const large = lengthsOf(bytes).find((length) => length > most);
    if (large === undefined) return;
    tooLarge(large);
    socket.destroy();
  });
}

/** Finds the lengths of packets in a stream: each begins with a byte of type and flags, and one to four bytes of length. */
function packetLengths(): (bytes: Uint8Array) => readonly number[] {
  let [skip, length, digits] = [1, 0, 0];
  return (bytes) => {
    const found: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const skipped = Math.min(skip, bytes.length - at);
      skip -= skipped;
      at += skipped;
      const byte = bytes[at];
      if (skip > 0 || byte === undefined) break;
      at++;
      length += (byte & ~MORE) * 2 ** (LENGTH_BITS * digits++);
      if (byte & MORE && digits < LENGTH_BYTES) continue;
      found.push(length);
      [skip, length, digits] = [length + 1, 0, 0];
    }
    return found;
  };
}

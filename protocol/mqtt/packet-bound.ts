import type { Socket } from "node:net";

/** The bits of the length in each byte. The eighth bit says that another byte follows. */
const LENGTH_BITS = 7;
const MORE = 0x80;
const LENGTH_BYTES = 4;
/** The first byte of a packet has its type in the upper half; for PUBLISH, two bits of the lower half are the QoS. */
const PUBLISH = 3;
const ABOVE_QOS_1 = 0x04;

/** The beginning of a packet: its type and flags, and how many bytes follow. */
interface PacketStart {
  readonly first: number;
  readonly length: number;
}

/**
 * Ends a connection when a packet announces more than `most` bytes, or a message has QoS 2. The MQTT library reads a packet into
 * memory, up to 256 MB, before it parses it, and MQTT 3.1.1 has no field for the largest packet. It keeps messages with QoS 2
 * without a bound until the broker releases them; a broker that granted QoS 1 sends none.
 */
export function boundPackets(socket: Socket, most: number, refused: (why: string) => void): Socket {
  const startsOf = packetStarts();
  return socket.on("data", (bytes: Buffer) => {
    const [why] = startsOf(bytes).flatMap((start) => problemOf(start, most) ?? []);
    if (why === undefined) return;
    refused(why);
    socket.destroy();
  });
}

function problemOf({ first, length }: PacketStart, most: number): string | undefined {
  if (length > most) return `a packet of ${length} bytes; at most ${most} are read`;
  if (first >> 4 === PUBLISH && first & ABOVE_QOS_1) return "a message with QoS 2; at most QoS 1 was asked for";
  return undefined;
}

/** Finds the beginnings of packets in a stream: each is a byte of type and flags, and one to four bytes of length. */
function packetStarts(): (bytes: Uint8Array) => readonly PacketStart[] {
  let [skip, first, length, digits] = [0, -1, 0, 0];
  return (bytes) => {
    const found: PacketStart[] = [];
    for (let at = 0; at < bytes.length; ) {
      const skipped = Math.min(skip, bytes.length - at);
      skip -= skipped;
      at += skipped;
      const byte = bytes[at++];
      if (skip > 0 || byte === undefined) break;
      if (first < 0) {
        first = byte;
        continue;
      }
      length += (byte & ~MORE) * 2 ** (LENGTH_BITS * digits++);
      if (byte & MORE && digits < LENGTH_BYTES) continue;
      found.push({ first, length });
      [skip, first, length, digits] = [length, -1, 0, 0];
    }
    return found;
  };
}

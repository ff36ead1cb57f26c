import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A broker that refuses some subscriptions in its answer. Mosquitto grants all of them and delivers nothing. */
export interface RefusingBroker extends Disposable {
  readonly url: URL;
  /** Grants all subscriptions from now on. */
  allow(): void;
  /** Sends a message with QoS 0 to every client, asked for or not. */
  send(topic: string, payload: string): void;
  /** How many connections and subscriptions it has answered. */
  answered(): { readonly connections: number; readonly subscriptions: number };
}

const CONNECT = 1;
const SUBSCRIBE = 8;

/** Starts a broker for one version of MQTT that refuses subscriptions whose topic contains `forbidden`. */
export async function startRefusingBroker(forbidden: string, protocol: 4 | 5 = 5): Promise<RefusingBroker> {
  const properties = protocol === 5 ? [0] : [];
  const refusal = protocol === 5 ? 0x87 : 0x80;
  let [allowed, connections, subscriptions] = [false, 0, 0];
  const answers: Readonly<Record<number, (socket: Socket, bytes: Buffer) => unknown>> = {
    [CONNECT](socket, bytes) {
      if (bytes[8] !== protocol) return socket.destroy();
      connections++;
      return socket.write(Buffer.from([0x20, 2 + properties.length, 0, 0, ...properties]));
    },
    [SUBSCRIBE](socket, bytes) {
      subscriptions++;
      const code = allowed || !bytes.includes(forbidden) ? 1 : refusal;
      const body = [bytes[2] ?? 0, bytes[3] ?? 0, ...properties, code];
      return socket.write(Buffer.from([0x90, body.length, ...body]));
    },
  };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      for (const packet of packetsOf(bytes)) answers[(packet[0] ?? 0) >> 4]?.(socket, packet);
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`),
    allow: () => {
      allowed = true;
    },
    send(topic, payload) {
      const body = Buffer.from([0, topic.length, ...Buffer.from(topic), ...properties, ...Buffer.from(payload)]);
      for (const socket of sockets) socket.write(Buffer.from([0x30, body.length, ...body]));
    },
    answered: () => ({ connections, subscriptions }),
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The packets that came together. None of a client that subscribes is longer than 127 bytes. */
function packetsOf(bytes: Buffer): readonly Buffer[] {
  const end = 2 + (bytes[1] ?? 0);
  return end >= bytes.length ? [bytes] : [bytes.subarray(0, end), ...packetsOf(bytes.subarray(end))];
}

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to bytes on their way. */
export type Weather = "clear" | "silent" | "refusing" | "down";

/** A wire to a broker that a test can spoil. `silent`: connected, and nothing passes. `refusing`: CONNACK 135. */
export interface Proxy extends AsyncDisposable {
  readonly url: URL;
  set(weather: Weather): void;
}

const REFUSED = Buffer.from([0x20, 3, 0, 135, 0]);

/** @param seen is given every byte that comes back from `to`. */
export async function startProxy(to: URL, seen: (bytes: Buffer) => void = () => undefined): Promise<Proxy> {
  let weather: Weather = "clear";
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
    return socket;
  };
  const server = createServer((near) => {
    keep(near);
    if (weather === "down") return near.destroy();
    if (weather === "refusing") return near.once("data", () => near.end(REFUSED));
    const far = keep(connect(Number(to.port), to.hostname));
    for (const [from, other] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes) => {
        if (from === far) seen(bytes);
        if (weather === "clear") other.write(bytes);
      });
      from.on("close", () => other.destroy());
    }
    return near;
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`),
    set(next) {
      weather = next;
      if (next !== "silent") for (const socket of sockets) socket.destroy();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { Aedes } from "aedes";

/** A broker in this process, reachable only from this machine. */
export interface EmbeddedBroker extends AsyncDisposable {
  readonly url: URL;
}

/** Starts a broker on a port, by default a free one. */
export async function startBroker(wantedPort = 0): Promise<EmbeddedBroker> {
  const aedes = await Aedes.createBroker();
  const server = createServer(aedes.handle);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(wantedPort, "127.0.0.1", resolve);
  }).catch(async (error: unknown) => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    throw error;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`mqtt://127.0.0.1:${port}`),
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => aedes.close(resolve));
      await closed(server);
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

import type { BrokerError, MqttClient, MqttClientEvents, Outgoing } from "../../protocol/mqtt/client.ts";

/** A client whose broker is the test: it says what comes, and sees what is published. */
export interface MemoryBroker extends MqttClient {
  readonly published: readonly Outgoing[];
  /** Delivers a message; resolves when it was handled. */
  deliver(topic: string, payload: Uint8Array | string): Promise<void>;
  lose(error: BrokerError): void;
}

export function memoryBroker(): MemoryBroker {
  const published: Outgoing[] = [];
  let events: MqttClientEvents | undefined;
  return {
    published,
    start(given) {
      events = given;
      given.connected(5);
    },
    async publish(message) {
      published.push(message);
    },
    async deliver(topic, payload) {
      await events?.message(topic, typeof payload === "string" ? Buffer.from(payload) : payload, {}, false);
    },
    reconnect: async () => undefined,
    lose: (error) => events?.lost(error),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

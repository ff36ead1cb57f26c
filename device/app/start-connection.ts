import type { Management } from "../management/command-handler.ts";
import type { Renewal } from "../management/renew.ts";
import type { HealthMonitor } from "../status/health-monitor.ts";
import { routed } from "../verification/routes.ts";
import type { Connection } from "./builders/connection.ts";
import type { Context } from "./builders/context.ts";
import type { IdentityPart } from "./builders/identity.ts";
import type { VerificationPart } from "./builders/verification.ts";

/** The parts that serve the messages of the broker. */
interface ServingParts {
  readonly identity: IdentityPart;
  readonly verification: VerificationPart;
  readonly management: Management;
  readonly renewal: Renewal | undefined;
  readonly health: HealthMonitor;
}

/** Connects the client to the broker. From here on, messages arrive. */
export function startConnection(
  { credentials, messaging, broker }: Connection,
  { identity, verification, management, renewal, health }: ServingParts,
  { log, late }: Context,
): void {
  const { client, publisher, topics, bestEffort } = messaging;
  late.connect("packChanged", async () => {
    bestEffort(publisher.identity(await identity.renew()));
    void health.publish();
  });
  client.start(
    broker.eventsFor({
      identity: identity.current,
      async greet() {
        credentials.connected();
        void renewal?.check();
        void health.publish();
        await publisher.reported(await management.reported());
      },
      receive: routed(topics, verification.request, management, renewal, log),
    }),
  );
}

import type { LightFault } from "../../status/light-fault.ts";
import type { Parts } from "../parts.ts";
import { type BrokerEvents, openBrokerEvents } from "./broker-events.ts";
import type { Context } from "./context.ts";
import { type Credentials, openCredentials } from "./credentials.ts";
import { type Messaging, type MessagingSettings, openMessaging } from "./messaging.ts";
import { openStatus, type StatusPart, type StatusSettings } from "./status.ts";

type ConnectionSettings = MessagingSettings & StatusSettings & Parameters<typeof openCredentials>[0];

/** The parts between the broker and those that serve its messages. */
export interface Connection {
  readonly credentials: Credentials;
  readonly messaging: Messaging;
  readonly status: StatusPart;
  readonly broker: BrokerEvents;
}

/** The client is started later, by `startConnection`. */
export async function openConnection(
  settings: ConnectionSettings,
  parts: Pick<Parts, "keys" | "light" | "clock" | "store" | "chainNote">,
  lights: LightFault,
  context: Context,
): Promise<Connection> {
  const credentials = await openCredentials(settings, context.log);
  const messaging = openMessaging(settings, credentials, parts, context);
  const status = openStatus(settings, parts, messaging, context);
  lights.attach(status.deviceStatus);
  const broker = openBrokerEvents(messaging, status, parts.clock, context);
  return { credentials, messaging, status, broker };
}

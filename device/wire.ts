import type { Broker, Outgoing } from "./link/broker.ts";
import {
  CONTRACT_VERSION,
  type Identity,
  type Progress,
  type RefusalClaims,
  type Status,
  type Topics,
  TYPES,
} from "./link/contract.ts";
import type { Refusal } from "./link/request.ts";
import { digest, type PrivateKey, sign } from "./link/seal.ts";

/** What the device says to its carrier, each on its topic. All but `report` are told and forgotten when offline. */
export interface Wire {
  report(token: string): Promise<void>;
  refuse(refusal: Refusal, message: Uint8Array): Promise<void>;
  progress(progress: Progress): Promise<void>;
  status(status: Status): Promise<void>;
  identity(identity: Identity): Promise<void>;
}

export interface WireParts {
  readonly broker: Broker;
  readonly topics: Topics;
  readonly device: string;
  readonly signing: PrivateKey;
  readonly wallMs: () => number;
}

export function openWire({ broker, topics, device, signing, wallMs }: WireParts): Wire {
  const told = (topic: string, payload: string) => broker.publish({ topic, payload, qos: 1, retain: false });
  const retained = (topic: string, data: object) => broker.publish(retainedMessage(topic, data));
  return {
    report: (token) => told(topics.report, token),
    async refuse({ code, message: because, jti }, message) {
      const known = jti === undefined ? {} : { jti };
      const iat = Math.floor(wallMs() / 1000);
      const claims: RefusalClaims = {
        v: CONTRACT_VERSION,
        iss: device,
        iat,
        code,
        because: because.slice(0, 500),
        digest: digest(message),
        ...known,
      };
      await told(topics.report, await sign(claims, TYPES.refusal, signing));
    },
    progress: (progress) =>
      broker.publish({ topic: topics.progress, payload: JSON.stringify(progress), qos: 0, retain: false }),
    status: (status) => retained(topics.status, status),
    identity: (identity) => retained(topics.identity, identity),
  };
}

/** The broker says this for the device when the connection breaks. */
export function lastWill(topics: Topics, device: string): Outgoing {
  const status: Status = { v: CONTRACT_VERSION, device, state: "offline", faults: [] };
  return retainedMessage(topics.status, status);
}

function retainedMessage(topic: string, data: object): Outgoing {
  return { topic, payload: JSON.stringify(data), qos: 1, retain: true };
}

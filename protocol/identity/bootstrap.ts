import { z } from "zod";
import { parseJson } from "../encoding/bounded-json.ts";
import { type KeySet, readKeySet } from "../encoding/tokens.ts";
import { CONTRACT_VERSION, DEFAULT_TOPICS, isTopicTemplate, publicJwk } from "../messages/contract.ts";
import type { Tls } from "../mqtt/client.ts";

/** The largest size of a bootstrap credential. */
export const BOOTSTRAP_BYTES = 65_536;

const pem = z.string().min(1).max(20_000);

/**
 * The credential with which all cameras of a fleet enrol: the broker, the user, and the operator whose approval they accept.
 * With it a client can only ask to be enrolled.
 */
export const bootstrapSchema = z.object({
  v: z.literal(CONTRACT_VERSION),
  broker: z
    .string()
    .max(1_000)
    .regex(/^mqtts?:\/\/[^\s]+$/),
  topics: z.string().max(200).refine(isTopicTemplate).optional(),
  ca: pem.optional(),
  cert: pem.optional(),
  key: pem.optional(),
  operator: z.union([publicJwk, z.object({ keys: z.array(publicJwk).min(1).max(16) })]),
});

export type BootstrapClaims = Readonly<z.infer<typeof bootstrapSchema>>;

/** A bootstrap credential with imported keys. */
export interface Bootstrap {
  readonly url: URL;
  readonly topics: string;
  readonly tls: Tls;
  readonly operator: KeySet;
  /** The operator's keys as they were written. */
  readonly operatorKeys: BootstrapClaims["operator"];
}

/** Reads a bootstrap credential. Throws Error if it is not valid. */
export async function readBootstrap(text: string): Promise<Bootstrap> {
  const read = bootstrapSchema.parse(parseJson(text, { bytes: BOOTSTRAP_BYTES, depth: 8 }));
  const { broker, topics = DEFAULT_TOPICS, ca, cert, key, operator } = read;
  if ((cert === undefined) !== (key === undefined)) throw new TypeError("cert and key go together");
  return {
    url: new URL(broker),
    topics,
    tls: { ...(ca ? { ca } : {}), ...(cert && key ? { cert, key } : {}) },
    operator: await readKeySet(operator),
    operatorKeys: operator,
  };
}

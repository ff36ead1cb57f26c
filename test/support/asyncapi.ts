import { stringify } from "yaml";
import { CONTRACT_VERSION, DEFAULT_TOPICS, TYPES, topicsOf } from "../../protocol/messages/contract.ts";

type Part = Readonly<Record<string, unknown>>;
const topics = topicsOf(DEFAULT_TOPICS, "{device}");

/** One channel: which way it goes, how, and what its messages are. */
interface Channel {
  readonly action: "receive" | "send";
  readonly summary: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly messages: readonly string[];
}

const CHANNELS: Readonly<Record<keyof typeof topics, Channel>> = {
  request: {
    action: "receive",
    qos: 1,
    retain: false,
    messages: ["request", "receipt"],
    summary: "The camera receives a signed and sealed request, or a signed receipt for reports.",
  },
  progress: {
    action: "send",
    qos: 0,
    retain: false,
    messages: ["progress"],
    summary: "The camera tells people how a verification goes; never evidence.",
  },
  aim: {
    ...{ action: "send", qos: 0, retain: false, messages: ["aim"] },
    summary: "The camera says what it sees while it is aimed, in numbers.",
  },
  report: {
    action: "send",
    qos: 1,
    retain: false,
    messages: ["report", "refusal", "cancelled"],
    summary: "The camera answers: with a report, with a refusal, or to a cancel.",
  },
  status: {
    action: "send",
    qos: 1,
    retain: true,
    messages: ["status"],
    summary: "The camera says whether it can serve; `offline` is its last will.",
  },
  identity: {
    action: "send",
    qos: 1,
    retain: true,
    messages: ["identity"],
    summary: "The camera gives its public keys.",
  },
  command: {
    action: "receive",
    qos: 1,
    retain: false,
    messages: ["command"],
    summary: "The camera receives a signed command of its operator.",
  },
  chunk: {
    action: "receive",
    qos: 1,
    retain: false,
    messages: ["chunk"],
    summary: "The camera receives a piece of a model pack that it wants.",
  },
  answer: {
    action: "send",
    qos: 1,
    retain: false,
    messages: ["answer"],
    summary: "The camera answers a command, or a chunk.",
  },
  reported: {
    action: "send",
    qos: 1,
    retain: true,
    messages: ["reported"],
    summary: "The camera says which configuration and which model packs are in force.",
  },
  health: {
    action: "send",
    qos: 1,
    retain: true,
    messages: ["health"],
    summary: "The camera says whether it makes progress where it should, with its metrics.",
  },
  enrolment: {
    action: "send",
    qos: 1,
    retain: false,
    messages: ["enrolment"],
    summary: "The camera asks to be provisioned, or for a new certificate.",
  },
  approval: {
    action: "receive",
    qos: 1,
    retain: false,
    messages: ["approval"],
    summary: "The camera receives what its operator gives for an enrolment.",
  },
};

const TOKENS: Readonly<Record<string, string>> = {
  request:
    "A compact JWE (ECDH-ES on P-256, A256GCM) to the camera's sealing key, of a compact JWS (EdDSA, Ed25519) by the carrier.",
  receipt:
    "A compact JWS (EdDSA, Ed25519) by the carrier, not sealed. Told from a request by its three parts and its typ.",
  report: "A compact JWS (EdDSA, Ed25519) by the camera's signing key.",
  refusal: "A compact JWS (EdDSA, Ed25519) by the camera's signing key.",
  cancelled: "A compact JWS (EdDSA, Ed25519) by the camera's signing key.",
  command: "A compact JWS (EdDSA, Ed25519) by the operator.",
  answer: "A compact JWS (EdDSA, Ed25519) by the camera's signing key.",
  reported: "A compact JWS (EdDSA, Ed25519) by the camera's signing key.",
  enrolment: "A compact JWS (EdDSA, Ed25519) by the very signing key that it names.",
  approval:
    "A compact JWE (ECDH-ES on P-256, A256GCM) to the camera's sealing key, of a compact JWS (EdDSA, Ed25519) by the operator.",
};

const CHUNK =
  "32 bytes: SHA-256 of the pack's manifest; 4 bytes: offset, big-endian; then up to 262,144 bytes of the pack.";

/** docs/asyncapi.yaml: AsyncAPI 3, seen from the camera. */
export function asyncApi(): string {
  const names = Object.keys(CHANNELS) as (keyof typeof topics)[];
  const document = {
    asyncapi: "3.0.0",
    info: {
      title: "Matchlight",
      version: `${CONTRACT_VERSION}.0.0`,
      description: "How a carrier and a camera talk, seen from the camera. docs/CONTRACT.md explains it in words.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    channels: Object.fromEntries(names.map((name) => [name, channel(name)])),
    operations: Object.fromEntries(names.map((name) => [`${CHANNELS[name].action}_${name}`, operation(name)])),
    components: {
      messages: Object.fromEntries(names.flatMap((name) => CHANNELS[name].messages.map((one) => [one, message(one)]))),
    },
  };
  return `# Written by \`npm run contract\` from protocol/; a test holds it to the code.\n${stringify(document, { lineWidth: 120 })}`;
}

function channel(name: keyof typeof topics): Part {
  return {
    address: topics[name],
    parameters: { device: { description: "The camera's MATCHLIGHT_DEVICE_ID." } },
    messages: Object.fromEntries(CHANNELS[name].messages.map((one) => [one, { $ref: `#/components/messages/${one}` }])),
  };
}

function operation(name: keyof typeof topics): Part {
  const { action, summary, qos, retain } = CHANNELS[name];
  return { action, channel: { $ref: `#/channels/${name}` }, summary, bindings: { mqtt: { qos, retain } } };
}

/** The payload of a token is a string; what it says is given by a schema of its claims. */
function message(name: string): Part {
  if (name === "chunk")
    return { name, contentType: "application/octet-stream", payload: { type: "string", description: CHUNK } };
  const schema = { $ref: `./schemas/${name}.json` };
  const token = TOKENS[name];
  if (!token) return { name, payload: schema };
  const typ = TYPES[name as keyof typeof TYPES];
  const payload = { type: "string", description: token, "x-typ": typ, "x-claims": schema };
  return { name, contentType: "application/jose", payload };
}

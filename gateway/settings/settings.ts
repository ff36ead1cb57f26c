import { resolve } from "node:path";
import { DEFAULT_TOPICS, isTopicTemplate } from "../../protocol/messages/contract.ts";
import { isBrokerUrl } from "../../protocol/mqtt/client.ts";
import type { Share } from "../ingest/share.ts";

/** Parses the text of a setting. Returns its value, or the end of the sentence "it must …". */
type Read<T> = (text: string) => { readonly value: T } | { readonly must: string };

/** A setting: its variable, its default and the sentence for operators. */
interface Setting<T> {
  readonly variable: `MATCHLIGHT_${string}`;
  readonly standard: string;
  readonly sentence: string;
  readonly read: Read<T>;
}

const setting = <T>(of: Setting<T>): Setting<T> => of;

const oneOf =
  <const T extends string>(...values: readonly T[]): Read<T> =>
  (text) => {
    const value = values.find((one) => one === text);
    return value === undefined ? { must: `be one of ${values.join(", ")}` } : { value };
  };

const whole =
  (least: number, most: number): Read<number> =>
  (text) =>
    /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most
      ? { value: Number(text) }
      : { must: `be a whole number from ${least} to ${most}` };

const matching =
  (pattern: RegExp, must: string): Read<string> =>
  (text) =>
    pattern.test(text) ? { value: text } : { must };

const urlOr =
  <const W extends string>(word: W, protocols: RegExp): Read<URL | W> =>
  (text) => {
    if (text === word) return { value: word };
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url && protocols.test(url.protocol)
      ? { value: url }
      : { must: `be ${word}, or an address as --help describes` };
  };

const file = (text: string) => ({ value: text === "none" ? undefined : resolve(text) });
const text = (value: string) => ({ value: value === "none" ? undefined : value });

/** All settings of the gateway. The table of docs/GATEWAY.md and the text of --help are generated from it. */
export const SETTINGS = {
  database: setting({
    variable: "MATCHLIGHT_DATABASE_URL",
    standard: "embedded",
    sentence: "The PostgreSQL server: postgres://user:password@host/name; embedded runs PostgreSQL in this process.",
    read: urlOr("embedded", /^postgres(ql)?:$/),
  }),
  broker: setting({
    variable: "MATCHLIGHT_BROKER_URL",
    standard: "embedded",
    sentence: "The MQTT broker: mqtt://host or mqtts://host; embedded runs one in this process, for trials.",
    read: urlOr("embedded", /^mqtts?:$/),
  }),
  brokerAlso: setting({
    variable: "MATCHLIGHT_BROKER_ALSO",
    standard: "none",
    sentence:
      "Further addresses of the same broker, separated by spaces, or none. All addresses are tried in turn, starting with a random one.",
    read: readUrls,
  }),
  brokerCa: setting({
    variable: "MATCHLIGHT_BROKER_CA",
    standard: "none",
    sentence: "For mqtts://, a PEM file with the broker's authority; none trusts the authorities of this machine.",
    read: file,
  }),
  brokerCert: setting({
    variable: "MATCHLIGHT_BROKER_CERT",
    standard: "none",
    sentence: "For mqtts://, the PEM file of the gateway's client certificate.",
    read: file,
  }),
  brokerKey: setting({
    variable: "MATCHLIGHT_BROKER_KEY",
    standard: "none",
    sentence: "The PEM file of that certificate's private key.",
    read: file,
  }),
  topics: setting({
    variable: "MATCHLIGHT_TOPICS",
    standard: DEFAULT_TOPICS,
    sentence: "The template of topics, the same as in the cameras' settings.",
    read: (value) => (isTopicTemplate(value) ? { value } : { must: "have {device} and {channel} as levels" }),
  }),
  name: setting({
    variable: "MATCHLIGHT_GATEWAY_NAME",
    standard: "gateway",
    sentence: "The client id of this process at the broker: different for each process, and constant over restarts.",
    read: matching(/^[A-Za-z0-9-]{1,40}$/, "be 1 to 40 letters, digits or '-'"),
  }),
  share: setting({
    variable: "MATCHLIGHT_GATEWAY_SHARE",
    standard: "all",
    sentence:
      "The messages that this process receives: all, if it is the only process; group:<name>, a share that the broker chooses (MQTT 5); 2/3, the second of three parts.",
    read: readShare,
  }),
  host: setting({
    variable: "MATCHLIGHT_GATEWAY_HOST",
    standard: "127.0.0.1",
    sentence: "The address to listen on. A proxy in front of it must do TLS.",
    read: matching(/^[\w.:-]{1,255}$/, "be an address"),
  }),
  port: setting({
    variable: "MATCHLIGHT_GATEWAY_PORT",
    standard: "8080",
    sentence: "The port to listen on; 0 takes a free one.",
    read: whole(0, 65_535),
  }),
  brokerPort: setting({
    variable: "MATCHLIGHT_GATEWAY_BROKER_PORT",
    standard: "1883",
    sentence: "The port of the embedded broker on this machine; 0 takes a free one.",
    read: whole(0, 65_535),
  }),
  dataFolder: setting({
    variable: "MATCHLIGHT_GATEWAY_DATA",
    standard: "./gateway-data",
    sentence: "The folder for the embedded database and for keys that no setting names.",
    read: (value) => ({ value: resolve(value) }),
  }),
  key: setting({
    variable: "MATCHLIGHT_GATEWAY_KEY",
    standard: "none",
    sentence:
      "A file with the carrier's private key (Ed25519 JWK), which signs requests and commands; none makes one in the data folder.",
    read: file,
  }),
  issuer: setting({
    variable: "MATCHLIGHT_GATEWAY_ISSUER",
    standard: "carrier",
    sentence: "The carrier's name in requests.",
    read: matching(/^.{1,200}$/, "be a name"),
  }),
  tokenKeys: setting({
    variable: "MATCHLIGHT_GATEWAY_TOKEN_KEYS",
    standard: "none",
    sentence:
      "The issuer whose tokens are accepted: the https address of the issuer's JWK Set, or a file with one; none makes a key in the data folder, for `npm run gateway -- token`.",
    read: text,
  }),
  tokenIssuer: setting({
    variable: "MATCHLIGHT_GATEWAY_TOKEN_ISSUER",
    standard: "none",
    sentence: "The required iss of tokens; none accepts any.",
    read: text,
  }),
  rate: setting({
    variable: "MATCHLIGHT_GATEWAY_RATE",
    standard: "20",
    sentence: "How many requests per second of one token's subject are served.",
    read: whole(1, 100_000),
  }),
  receipts: setting({
    variable: "MATCHLIGHT_GATEWAY_RECEIPTS",
    standard: "on",
    sentence:
      "Whether requests promise a receipt, so that the camera keeps its report until the archive, not only the broker, has stored it: on or off. Cameras that wait for a receipt get it in both cases.",
    read: oneOf("on", "off"),
  }),
  webhooks: setting({
    variable: "MATCHLIGHT_GATEWAY_WEBHOOKS",
    standard: "none",
    sentence:
      "A JSON file with the endpoints that receive an event for each ended verification: name, url and secrets of each.",
    read: file,
  }),
  webhookTries: setting({
    variable: "MATCHLIGHT_GATEWAY_WEBHOOK_TRIES",
    standard: "18",
    sentence:
      "How often an event is sent before it is a dead letter; the waits start at one second and double; 18 tries take two days.",
    read: whole(2, 20),
  }),
  webhookSeconds: setting({
    variable: "MATCHLIGHT_GATEWAY_WEBHOOK_SECONDS",
    standard: "10",
    sentence: "How long a receiver may take to answer, in seconds.",
    read: whole(1, 60),
  }),
  enrolment: setting({
    variable: "MATCHLIGHT_GATEWAY_ENROLMENT",
    standard: "first_seen",
    sentence: "Which cameras are accepted: only registered ones, or first_seen: all, each pinned to its first key.",
    read: oneOf("first_seen", "registered"),
  }),
  logLevel: setting({
    variable: "MATCHLIGHT_LOG_LEVEL",
    standard: "info",
    sentence: "How much is logged: fatal, error, warn, info, debug or silent. No level logs personal data.",
    read: oneOf("fatal", "error", "warn", "info", "debug", "silent"),
  }),
} as const;

function readUrls(value: string): ReturnType<Read<readonly URL[]>> {
  if (value === "none") return { value: [] };
  const urls = value.trim().split(/\s+/);
  if (urls.length > 15 || !urls.every((one) => URL.canParse(one) && isBrokerUrl(new URL(one))))
    return { must: "be up to 15 addresses that start with mqtt:// or mqtts://, with spaces between them, or none" };
  return { value: urls.map((one) => new URL(one)) };
}

function readShare(value: string): ReturnType<Read<Share>> {
  if (value === "all") return { value: { kind: "all" } };
  const group = /^group:([A-Za-z0-9-]{1,40})$/.exec(value)?.[1];
  if (group) return { value: { kind: "group", group } };
  const [, part, of] = (/^(\d{1,3})\/(\d{1,3})$/.exec(value) ?? []).map(Number);
  if (part && of && part <= of) return { value: { kind: "part", part, of } };
  return { must: "be all, group:<name>, or a part such as 2/3" };
}

type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type Settings = { readonly [N in keyof typeof SETTINGS]: ValueOf<(typeof SETTINGS)[N]> };

/** A setting with an invalid value. */
export class SettingsRefused extends Error {
  override readonly name = "SettingsRefused";
}

/** Reads all settings. Throws SettingsRefused, which names every invalid one. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const wrong: string[] = [];
  const read = Object.entries(SETTINGS).map(([name, { variable, standard, read }]) => {
    const result = (read as Read<unknown>)(environment[variable] || standard);
    if ("must" in result) wrong.push(`${variable} must ${result.must}`);
    return [name, "value" in result ? result.value : undefined] as const;
  });
  if (wrong.length > 0) throw new SettingsRefused(`${wrong.join("; ")}.`);
  return Object.fromEntries(read) as unknown as Settings;
}

/** Variables with the gateway's prefix that are not settings: misspelt, or of another version. */
export function unknownVariables(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable));
  return Object.keys(environment).filter((name) => name.startsWith("MATCHLIGHT_GATEWAY_") && !known.has(name));
}

import { DEFAULT_TOPIC_ROOT, LIMITS } from "./link/contract.ts";
import {
  type Read,
  readCamera,
  readFolder,
  readLight,
  readMatching,
  readNumber,
  readOneOf,
  readUrl,
} from "./readers.ts";

/** One setting: where its value comes from, how it is read, and the sentence that explains it to an operator. */
export interface Setting<T> {
  readonly variable: `MATCHLIGHT_${string}`;
  /** What holds when it is not set; none means that it must be set. */
  readonly standard?: string;
  readonly sentence: string;
  readonly read: Read<T>;
}

/** Gives a setting its type while the table keeps its own. */
function setting<T>(of: Setting<T>): Setting<T> {
  return of;
}

/** Every setting of the service, in one table; docs/CONFIGURATION.md is held to it by a test. */
export const SETTINGS = {
  brokerUrl: setting({
    variable: "MATCHLIGHT_BROKER_URL",
    sentence: "The carrier's MQTT broker: mqtt://host:1883 or mqtts://host:8883, with user:password@ if it wants them.",
    read: readUrl(["mqtt:", "mqtts:"]),
  }),
  deviceId: setting({
    variable: "MATCHLIGHT_DEVICE_ID",
    sentence: "The name of this camera in topics and tokens: letters, digits, '.', '_', '-', at most 64.",
    read: readMatching(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits, '.', '_' or '-'"),
  }),
  carrierKey: setting({
    variable: "MATCHLIGHT_CARRIER_KEY",
    sentence: "The carrier's public signing key (Ed25519 JWK): the JSON itself, or the path of a file with it.",
    read: readMatching(/^[\s\S]{1,4096}$/, "a JWK or the path of a file"),
  }),
  camera: setting({
    variable: "MATCHLIGHT_CAMERA",
    sentence:
      "The camera: film:<folder of JPEGs, .mjpeg or film file>, with ?end=loop|still|fail&pace=real|fast&fps=1…120 if wanted.",
    read: readCamera,
  }),
  light: setting({
    variable: "MATCHLIGHT_LIGHT",
    standard: "text",
    sentence: "The status light: text (this terminal or log).",
    read: readLight,
  }),
  dataFolder: setting({
    variable: "MATCHLIGHT_DATA_DIR",
    standard: "./data",
    sentence: "The folder for the device's keys, unsent reports and the ledger. Keep it across updates.",
    read: readFolder,
  }),
  topicRoot: setting({
    variable: "MATCHLIGHT_TOPIC_ROOT",
    standard: DEFAULT_TOPIC_ROOT,
    sentence: "What all topics begin with.",
    read: readMatching(
      /^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+){0,7}$/,
      "levels of letters, digits, '.', '_', '-' joined by '/'",
    ),
  }),
  fmr: setting({
    variable: "MATCHLIGHT_FMR",
    standard: "0.001",
    sentence: "The false match rate wanted where a request names none; the model pack gives the threshold for it.",
    read: readNumber({ least: 1e-9, most: 0.01, whole: false, unit: "" }),
  }),
  timeoutMs: setting({
    variable: "MATCHLIGHT_TIMEOUT_MS",
    standard: String(LIMITS.timeoutMs.standard),
    sentence: "How long a verification may take where a request does not say, in milliseconds.",
    read: readNumber({ ...LIMITS.timeoutMs, whole: true, unit: " ms" }),
  }),
  modelPack: setting({
    variable: "MATCHLIGHT_MODEL_PACK",
    standard: "int8",
    sentence: "The model pack: the name of a shipped one (int8, fp32), or the path of a folder with a manifest.",
    read: readMatching(/^.{1,4096}$/, "a name or a path"),
  }),
  logLevel: setting({
    variable: "MATCHLIGHT_LOG_LEVEL",
    standard: "info",
    sentence: "How much is logged: fatal, error, warn, info, debug or silent. Never anything personal.",
    read: readOneOf(["fatal", "error", "warn", "info", "debug", "silent"]),
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never };

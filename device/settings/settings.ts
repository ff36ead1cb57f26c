import { RUNTIMES } from "../../models/runtime/runtime.ts";
import { CHALLENGES, DEFAULT_TOPICS, LIMITS } from "../../protocol/messages/contract.ts";
import { readCamera, readLight } from "./hardware-parsers.ts";
import {
  type Read,
  readBrokerUrl,
  readBrokerUrls,
  readDeviceName,
  readFile,
  readFolder,
  readMatching,
  readName,
  readNumber,
  readOneOf,
  readPem,
  readTopics,
} from "./parsers.ts";
import {
  atOnce,
  ifReached,
  never,
  noPassword,
  onlyCertificates,
  onlyLonger,
  onlyRealCamera,
  onlySmaller,
  onlyStricterLimit,
  type Remote,
} from "./remote.ts";

/** A setting: its variable, its parser, and the sentence for operators. */
export interface Setting<T> {
  readonly variable: `MATCHLIGHT_${string}`;
  /** The platform's variables of which `auto` takes the first. Without one `auto` is `none`, or the setting is missing. */
  readonly also?: readonly string[];
  /** The default. Without one the setting must be set. */
  readonly standard?: string;
  readonly sentence: string;
  readonly read: Read<T>;
  /** Whether and how a command can change it, and why. */
  readonly remote: Remote<NoInfer<T>>;
}

/** A variable for the name that is made of this machine's id; see given-environment.ts. */
export const MACHINE_ID = "MACHINE_ID";

/** Infers the type of a setting. */
function setting<T>(of: Setting<T>): Setting<T> {
  return of;
}

/** All settings of the service. docs/CONFIGURATION.md is made from this table. */
export const SETTINGS = {
  brokerUrl: setting({
    variable: "MATCHLIGHT_BROKER_URL",
    sentence:
      "The carrier's MQTT broker: mqtt://host:1883 or mqtts://host:8883, with user:password@ if the broker requires them.",
    read: readBrokerUrl,
    remote: ifReached<URL>("A broker moves. Without user and password.", (url) => noPassword(url)),
  }),
  brokerAlso: setting({
    variable: "MATCHLIGHT_BROKER_ALSO",
    standard: "none",
    sentence:
      "Further addresses of the same broker, separated by spaces, or none. All addresses are tried in turn, starting with a random one.",
    read: readBrokerUrls,
    remote: ifReached<readonly URL[]>("Like the address.", (urls) => noPassword(...urls)),
  }),
  brokerSpreadMs: setting({
    variable: "MATCHLIGHT_BROKER_SPREAD_MS",
    standard: "20000",
    sentence:
      "After the loss of an established connection, the device reconnects at a random time within so many milliseconds, so that a fleet does not reconnect at once. A small fleet may use less.",
    read: readNumber({ least: 0, most: 600_000, whole: true, unit: " ms" }),
    remote: ifReached("A fleet grows."),
  }),
  brokerCa: setting({
    variable: "MATCHLIGHT_BROKER_CA",
    standard: "system",
    sentence:
      "For mqtts://, the trusted authority of the broker: a PEM file, its text, or system for the authorities of this machine.",
    read: readPem("system"),
    remote: ifReached("Authorities expire. Only as text, because files belong to the machine.", onlyCertificates),
  }),
  brokerCert: setting({
    variable: "MATCHLIGHT_BROKER_CERT",
    standard: "none",
    sentence: "For mqtts://, this camera's client certificate, if the broker requires one: a PEM file, or its text.",
    read: readPem("none"),
    remote: never("An enrolled camera renews it by itself."),
  }),
  brokerKey: setting({
    variable: "MATCHLIGHT_BROKER_KEY",
    standard: "none",
    sentence: "That certificate's private key: a PEM file, or its text.",
    read: readPem("none"),
    remote: never("It is secret, and a command is not encrypted."),
  }),
  brokerProbe: setting({
    variable: "MATCHLIGHT_BROKER_PROBE",
    standard: "on",
    sentence:
      "Whether the device sends itself a message on the request topic, to detect broker rules that block messages: on or off.",
    read: readOneOf(["on", "off"]),
    remote: ifReached("The rules of a broker change."),
  }),
  deviceId: setting({
    variable: "MATCHLIGHT_DEVICE_ID",
    also: ["BALENA_DEVICE_NAME_AT_INIT", "BALENA_DEVICE_UUID", MACHINE_ID],
    standard: "auto",
    sentence:
      "The name of this camera in topics and tokens: letters, digits, '_', '-', at most 64; or auto: balena's name of the device (BALENA_DEVICE_NAME_AT_INIT, BALENA_DEVICE_UUID), or one made of this machine's id. No '.': some brokers read it as the end of a topic level.",
    read: readDeviceName,
    remote: never("Certificates, tokens and the chain of reports carry it."),
  }),
  carrierKey: setting({
    variable: "MATCHLIGHT_CARRIER_KEY",
    sentence:
      "The carrier's public signing key (Ed25519 JWK), or several while it changes them (JWK Set): the JSON itself, or the path of a file with it.",
    read: readMatching(/^[\s\S]{1,16384}$/, "a JWK, a JWK Set or the path of a file"),
    remote: never("Who may ask for verifications is agreed at the installation or enrolment."),
  }),
  operatorKey: setting({
    variable: "MATCHLIGHT_OPERATOR_KEY",
    standard: "none",
    sentence:
      "Who may manage this camera (configuration, model packs) over the broker: a public key or keys as for the carrier, or none. Without a key, every command is refused.",
    read: readMatching(/^[\s\S]{1,16384}$/, "a JWK, a JWK Set, the path of a file, or none"),
    remote: never("Somebody who obtained it once could keep control of the camera."),
  }),
  bootstrap: setting({
    variable: "MATCHLIGHT_BOOTSTRAP",
    standard: "none",
    sentence:
      "The credential with which a camera without settings enrols, the same for a whole fleet (`matchlight fleet bootstrap`): the JSON itself, the path of a file with it, or none.",
    read: readMatching(/^[\s\S]{1,65536}$/, "a bootstrap credential, the path of a file, or none"),
    remote: never("It is used only before there are settings."),
  }),
  packKey: setting({
    variable: "MATCHLIGHT_PACK_KEY",
    standard: "release",
    sentence:
      "The publisher of model packs: a public key or keys as for the carrier, or release for the key of the installed release. Without a key, every pack that is sent is refused; shipped packs need none.",
    read: readMatching(/^[\s\S]{1,16384}$/, "a JWK, a JWK Set, the path of a file, or release"),
    remote: never("It decides whose networks run."),
  }),
  camera: setting({
    variable: "MATCHLIGHT_CAMERA",
    standard: "v4l2:auto",
    sentence:
      "The camera: v4l2:auto, v4l2:/dev/video0, v4l2:bus:<bus info>, v4l2:serial:<number> (?size=1280x720&fps=30&format=MJPG and controls by name, such as power_line_frequency=1), or film:<folder of JPEGs, .mjpeg or film file> (?end=loop|still|fail&pace=real|fast&fps=1…120), or command:<program and arguments> that writes MJPEG to its standard output, such as rpicam-vid for a camera module. Each with ?rotate=auto, or 0, 90, 180 or 270 degrees clockwise, for a camera that is mounted turned.",
    read: readCamera,
    remote: ifReached(
      "A camera is exchanged or turned. Only v4l2: frames of a film or program prove nothing.",
      onlyRealCamera,
    ),
  }),
  light: setting({
    variable: "MATCHLIGHT_LIGHT",
    standard: "text",
    sentence:
      "The status light: text (this terminal or log), auto, gpiochip:<chip label> or onoff:<chip label>, with ?red=17&green=27&blue=22 or ?on=17 (lines), and &active=low if a low line lights the lamp.",
    read: readLight,
    remote: atOnce("A lamp is exchanged. One that cannot be set is refused."),
  }),
  dataFolder: setting({
    variable: "MATCHLIGHT_DATA_DIR",
    standard: "./data",
    sentence: "The folder for the device's keys, unsent reports and the ledger. Keep it across updates.",
    read: readFolder,
    remote: never("The keys and the ledger are in it."),
  }),
  topics: setting({
    variable: "MATCHLIGHT_TOPICS",
    standard: DEFAULT_TOPICS,
    sentence: "The template of topics, for brokers with another scheme; {device} and {channel} are each one level.",
    read: readTopics,
    remote: ifReached("The scheme of a broker changes."),
  }),
  fmr: setting({
    variable: "MATCHLIGHT_FMR",
    standard: "0.001",
    sentence: "The wanted false match rate. A request can only lower it. The model pack has the threshold for it.",
    read: readNumber({ least: 1e-9, most: 0.01, whole: false, unit: "" }),
    remote: atOnce("Only smaller.", onlySmaller),
  }),
  timeoutMs: setting({
    variable: "MATCHLIGHT_TIMEOUT_MS",
    standard: String(LIMITS.timeoutMs.standard),
    sentence: "How long a verification may take if the request does not set it, in milliseconds.",
    read: readNumber({ ...LIMITS.timeoutMs, whole: true, unit: " ms" }),
    remote: atOnce("A default; a request can set it, too."),
  }),
  challenge: setting({
    variable: "MATCHLIGHT_CHALLENGE",
    standard: "if_needed",
    sentence:
      "Whether people are asked to turn the head if the request does not set it: if_needed (if no sign of life is seen without it), always or never.",
    read: readOneOf(CHALLENGES),
    remote: ifReached("A default; a request can set it, too."),
  }),
  spoofLimit: setting({
    variable: "MATCHLIGHT_SPOOF_LIMIT",
    standard: "5",
    sentence:
      "After so many verifications within an hour that looked like a picture held before the camera, without a match in between, their photos are refused; 0 turns this off.",
    read: readNumber({ least: 0, most: 100, whole: true, unit: "" }),
    remote: ifReached("Only smaller, and not off.", onlyStricterLimit),
  }),
  spoofLockMs: setting({
    variable: "MATCHLIGHT_SPOOF_LOCK_MS",
    standard: "600000",
    sentence: "How long requests with these photos are refused, in milliseconds.",
    read: readNumber({ least: 1_000, most: 86_400_000, whole: true, unit: " ms" }),
    remote: ifReached("Only longer.", onlyLonger),
  }),
  clock: setting({
    variable: "MATCHLIGHT_CLOCK",
    standard: "auto",
    sentence:
      "When the device trusts its clock: auto (a time service has set it, or it is not earlier than this software, the last report and an unfinished request), require (only if a time service has set it), or trust (always).",
    read: readOneOf(["auto", "require", "trust"]),
    remote: never("A clock that is trusted too early accepts old requests."),
  }),
  modelPack: setting({
    variable: "MATCHLIGHT_MODEL_PACK",
    standard: "int8",
    sentence: "The model pack: the name of a shipped one (int8, fp32), or the path of a folder with a manifest.",
    read: readMatching(/^.{1,4096}$/, "a name or a path"),
    remote: never("Packs have commands of their own, which try them first."),
  }),
  runtime: setting({
    variable: "MATCHLIGHT_RUNTIME",
    standard: "onnx",
    sentence:
      "What computes the networks: onnx, or tfjs (TensorFlow.js, float packs such as fp32 only, its packages are installed separately).",
    read: readOneOf(RUNTIMES),
    remote: never("If its packages are missing, the camera does not start."),
  }),
  healthSocket: setting({
    variable: "MATCHLIGHT_HEALTH_SOCKET",
    standard: "none",
    sentence:
      "A unix socket that answers with the service's health, in a folder that only the service's user can enter, or none.",
    read: readFile("none"),
    remote: never("It belongs to the machine."),
  }),
  updateLock: setting({
    variable: "MATCHLIGHT_UPDATE_LOCK",
    also: ["BALENA_APP_LOCK_PATH"],
    standard: "auto",
    sentence:
      "The lock file that prevents a fleet's supervisor from updating the device during a verification, none, or auto: balena's (BALENA_APP_LOCK_PATH).",
    read: readFile("none"),
    remote: never("It belongs to the machine's supervisor."),
  }),
  release: setting({
    variable: "MATCHLIGHT_RELEASE",
    also: ["BALENA_RELEASE_HASH"],
    standard: "auto",
    sentence:
      "The installed release, published in identity, status and health, none, or auto: balena's (BALENA_RELEASE_HASH).",
    read: readName("none"),
    remote: never("It names the installed release."),
  }),
  undoAfterMs: setting({
    variable: "MATCHLIGHT_UNDO_AFTER_MS",
    standard: "120000",
    sentence:
      "How long a camera may take to reach its broker after a change of settings before it undoes the change, in milliseconds.",
    read: readNumber({ least: 1_000, most: 3_600_000, whole: true, unit: " ms" }),
    remote: never("It protects the camera from wrong changes."),
  }),
  logLevel: setting({
    variable: "MATCHLIGHT_LOG_LEVEL",
    standard: "info",
    sentence: "How much is logged: fatal, error, warn, info, debug or silent. No level logs personal data.",
    read: readOneOf(["fatal", "error", "warn", "info", "debug", "silent"]),
    remote: ifReached("To search for a fault. No level logs personal data."),
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never };

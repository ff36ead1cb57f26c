import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openResources } from "../../protocol/common/disposable-stack.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import {
  type EnrolmentBroker,
  type FleetBroker,
  makeAuthorities,
  startEnrolmentBroker,
  startFleetBroker,
  type TestAuthorities,
} from "./broker.ts";
import { until } from "./until.ts";

/** Both brokers of a fleet, its keys and its fleet file. */
export interface EnrolmentStage extends AsyncDisposable {
  readonly folder: string;
  readonly fleetFile: string;
  readonly authorities: TestAuthorities;
  readonly broker: FleetBroker;
  readonly enrolment: EnrolmentBroker;
  readonly carrier: JWK;
  readonly operator: JWK;
}

/** Undefined where mosquitto is not installed. */
export async function setEnrolmentStage(days = 30): Promise<EnrolmentStage | undefined> {
  const opened = openResources();
  const authorities = opened.use(await makeAuthorities());
  const { folder } = authorities;
  const [broker, enrolment] = [await startFleetBroker(authorities), await startEnrolmentBroker(authorities)];
  for (const one of [broker, enrolment]) if (one) opened.use(one);
  if (!broker || !enrolment) {
    await opened[Symbol.asyncDispose]();
    return undefined;
  }
  await authorities.carriers.certificate("operator");
  const [carrier, operator] = [await generatePrivateJwk("signing"), await generatePrivateJwk("signing")];
  await writeFile(join(folder, "operator.private.jwk"), JSON.stringify(operator));
  await writeFile(join(folder, "carrier.public.jwk"), JSON.stringify({ ...carrier, d: undefined }));
  const tls = { ca: "carriers/ca.crt", cert: "carriers/operator.crt", certKey: "carriers/operator.key" };
  const fleet = {
    enrolment: { broker: enrolment.operatorsUrl.href, ...tls },
    operators: { broker: broker.carriersUrl.href, ...tls },
    bootstrap: { broker: enrolment.camerasUrl.href, ca: "cameras/ca.crt" },
    cameras: { broker: broker.url.href, ca: "cameras/ca.crt", carrierKey: "carrier.public.jwk" },
    operatorKey: "operator.private.jwk",
    authority: { certificate: "cameras/ca.crt", key: "cameras/ca.key", days },
    register: "register.json",
  };
  const fleetFile = join(folder, "fleet.json");
  await writeFile(fleetFile, JSON.stringify(fleet));
  const close = () => opened[Symbol.asyncDispose]();
  return { folder, fleetFile, authorities, broker, enrolment, carrier, operator, [Symbol.asyncDispose]: close };
}

interface LogLine {
  readonly event: string;
  readonly code?: string;
  readonly enrolmentCode?: string;
  readonly digits?: string;
}

/** A camera in a process of its own, and what it logs. */
export interface EnrollingDevice extends AsyncDisposable {
  readonly dataFolder: string;
  readonly lines: readonly LogLine[];
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Waits for an event; undefined when it does not come. */
  logged(event: string, withinMs?: number): Promise<LogLine | undefined>;
}

export async function startEnrollingDevice(
  { folder }: Pick<EnrolmentStage, "folder">,
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<EnrollingDevice> {
  const dataFolder = join(folder, name);
  await mkdir(dataFolder, { recursive: true });
  const program = join(PACKAGE_FOLDER, "dist", "test", "support", "enrolling-device.js");
  const child: ChildProcess = spawn(process.execPath, [program], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_DEVICE_ID: name,
      MATCHLIGHT_DATA_DIR: dataFolder,
      MATCHLIGHT_CAMERA: "film:/none",
      MATCHLIGHT_UPDATE_LOCK: join(dataFolder, "updates.lock"),
      MATCHLIGHT_LOG_LEVEL: "debug",
      ...environment,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (line) => {
    if (line.startsWith("{")) lines.push(JSON.parse(line));
  });
  const ended = once(child, "exit");
  const kill: EnrollingDevice["kill"] = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    dataFolder,
    lines,
    kill,
    async logged(event, withinMs = 20_000) {
      const find = () => lines.find((line) => line.event === event);
      await until(() => find() !== undefined, withinMs);
      return find();
    },
    [Symbol.asyncDispose]: () => kill("SIGKILL"),
  };
}

/** What a fleet file's `bootstrap` command wrote. */
export function readJson(path: string): Promise<unknown> {
  return readFile(path, "utf8").then(JSON.parse);
}

import { join } from "node:path";
import { type Carrier, type Operator, openCarrier, openOperator } from "../../carrier/client.ts";
import { VERSION } from "../../device/process/version.ts";
import { openWhole, type Resources } from "../../protocol/common/disposable-stack.ts";
import type { ReportClaims } from "../../protocol/messages/contract.ts";
import { chipPhoto } from "../demo/chip.ts";
import { loadMedia, type Media } from "../demo/media.ts";
import { readRegister } from "../fleet/enrolment/register.ts";
import { startTrialBroker, type TrialBroker } from "./broker.ts";
import { openTrialCamera, type TrialCamera } from "./camera.ts";
import { countCustomers, type Served } from "./customers.ts";
import { clientTls, type FleetFolder, layOutFleet } from "./fleet-folder.ts";
import { startTrialGateway, type TrialGateway } from "./gateway.ts";
import { layOutRelease, type Release } from "./release.ts";

export interface StageOptions {
  readonly folder: string;
  readonly port: number;
  /** The lifetime of a camera's first certificate. Default: a month. */
  readonly firstLifeSeconds: number | undefined;
  readonly print: (text: string) => void;
}

/** The parties that call a registered camera. */
export interface Counter {
  readonly carrier: Carrier;
  readonly operator: Operator;
}

/** Both brokers, the gateway, the operator's folder, and new cameras. */
export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly media: Media;
  readonly broker: TrialBroker;
  readonly fleet: FleetFolder;
  readonly gateway: TrialGateway;
  readonly release: Release;
  /** Makes a bare camera that is off. */
  bare(name: string): Promise<TrialCamera>;
  /** Connects as the carrier and the operator of a registered camera. */
  counter(name: string): Promise<Counter>;
  /** All customers so far. */
  readonly served: readonly Served[];
  /** Sends the right person to a camera. */
  serve(name: string): Promise<ReportClaims>;
  /** Sends the right person to a camera. Throws Error if the result is not a match. */
  verify(name: string): Promise<string>;
}

/** Starts the brokers. Throws Error after it has stopped what it started. */
export async function setStage(options: StageOptions): Promise<Stage> {
  return openWhole((all) => build(options, all));
}

async function build({ folder, port, firstLifeSeconds, print }: StageOptions, all: Resources) {
  const media = await loadMedia(print);
  const photo = await chipPhoto(media.path("franck_02221.jpg"));
  const broker = all.use(await startTrialBroker(join(folder, "broker"), port));
  print(`Broker with the rules of deploy/broker in ${broker.folder}: ${broker.cameras.url.href} for cameras`);
  print(`  and ${broker.carriers.url.href} for carriers and operators`);
  const fleet = await layOutFleet(folder, broker, firstLifeSeconds);
  const gateway = all.use(await startTrialGateway(join(folder, "gateway"), broker, fleet.carrierKey));
  print(`Gateway at ${gateway.url.href}, with a token of the scope fleet in ${gateway.tokenFile}`);
  const counters = new Map<string, Promise<Counter>>();
  const counter = (name: string) => {
    const known = counters.get(name) ?? openCounter(name, broker, fleet, all);
    counters.set(name, known);
    return known;
  };
  const { served, serve } = countCustomers();
  const customer = async (name: string) => {
    const { carrier } = await counter(name);
    return serve(name, () => verification(carrier, name, photo));
  };
  return {
    folder,
    media,
    broker,
    fleet,
    gateway,
    release: await layOutRelease(join(folder, "releases"), VERSION),
    bare: async (name: string) => all.use(await openTrialCamera({ name, folder, film: media.path("franck.mp4") })),
    counter,
    served,
    serve: customer,
    verify: async (name: string) => matched(await customer(name)),
  };
}

async function openCounter(
  device: string,
  { carriers }: TrialBroker,
  { keys, register }: FleetFolder,
  all: Resources,
): Promise<Counter> {
  const pinned = (await readRegister(register))[device]?.pin;
  if (pinned === undefined) throw new Error(`${device} is in no register`);
  const reach = { brokerUrl: carriers.url, device, pinned };
  const carrier = all.use(
    await openCarrier({ ...reach, key: keys.carrier, tls: await clientTls(carriers, "carrier") }),
  );
  const operator = all.use(
    await openOperator({ ...reach, key: keys.operator, tls: await clientTls(carriers, "operator") }),
  );
  return { carrier, operator };
}

async function verification(carrier: Carrier, device: string, reference: Uint8Array): Promise<ReportClaims> {
  const consent = { id: `trial-${device}-${Date.now()}`, at: Math.floor(Date.now() / 1000), notice: "trial" };
  const ask = { reference, consent, purpose: "trial", policy: { timeoutMs: 60_000 } };
  return (await carrier.verify(ask)).claims;
}

function matched({ decision, reason, software, pack, fmr }: ReportClaims): string {
  if (decision !== "match") throw new Error(`${decision} ${reason ?? ""}`);
  return `match, software ${software}, pack ${pack.hash.slice(0, 8)}, FMR ${fmr}`;
}

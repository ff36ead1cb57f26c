import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Fleet, type Operator, openFleet, openOperator } from "../../carrier/client.ts";
import { openResources, type Resources } from "../../device/process/disposable-stack.ts";
import { packFolder } from "../../device/process/package-folder.ts";
import { VERSION } from "../../device/process/version.ts";
import { generatePrivateJwk, type JWK } from "../../protocol/encoding/tokens.ts";
import type { AnswerClaims } from "../../protocol/messages/command-contract.ts";
import { chipPhoto } from "../demo/chip.ts";
import { loadMedia, type Media } from "../demo/media.ts";
import { makePack } from "../pack/make.ts";
import { signPack } from "../pack/signed.ts";
import { startTrialBroker, type TrialBroker } from "./broker.ts";
import { openTrialCamera, type TrialCamera } from "./camera.ts";
import { layOutRelease } from "./release.ts";

export interface TrialOptions {
  readonly folder: string;
  readonly port: number;
  readonly print: (line: string) => void;
}

/** One step on one device, and its result. */
export interface Step {
  readonly step: string;
  readonly device: string;
  readonly ended: string;
  readonly asExpected: boolean;
}

/** A running fleet of three devices. */
export interface Trial extends AsyncDisposable {
  /** Runs each kind of update on one device, then on all, and rolls it back. */
  play(): Promise<readonly Step[]>;
}

const DEVICES = ["counter-1", "counter-2", "counter-3"] as const;

/** Starts broker, authority and three provisioned devices. Throws Error after it has stopped what it started. */
export async function openTrial(options: TrialOptions): Promise<Trial> {
  const all = openResources();
  try {
    const stage = await build(options, all);
    return {
      play: () => play(stage, options),
      [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
    };
  } catch (error) {
    await all[Symbol.asyncDispose]();
    throw error;
  }
}

interface Stage {
  readonly media: Media;
  readonly cameras: ReadonlyMap<string, TrialCamera>;
  readonly operators: ReadonlyMap<string, Operator>;
  readonly fleet: Fleet;
  readonly publisherKey: JWK;
}

async function build({ folder, port, print }: TrialOptions, all: Resources): Promise<Stage> {
  const media = await loadMedia(print);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const broker = all.use(await startTrialBroker(join(folder, "broker"), port));
  const { cameras: listener, carriers } = broker;
  print(`Broker with the rules of deploy/broker in ${broker.folder}: ${listener.url.href} for cameras`);
  print(`  and ${carriers.url.href} for carriers and operators`);
  const keys = {
    carrier: await makeKey(folder, "carrier"),
    operator: await makeKey(folder, "operator"),
    publisher: await makeKey(folder, "publisher"),
  };
  await writeFleetFile(folder, broker);
  const release = await layOutRelease(join(folder, "releases"), VERSION);
  const cameras = new Map<string, TrialCamera>();
  for (const [i, name] of DEVICES.entries()) {
    const camera = all.use(
      await openTrialCamera({
        name,
        shop: `Shop ${i + 1}`,
        folder,
        brokerUrl: listener.url,
        authorityFolder: listener.authority,
        carrierKey: join(folder, "carrier.public.jwk"),
        operatorKey: join(folder, "operator.public.jwk"),
        packKey: join(folder, "publisher.public.jwk"),
        film: media.path("franck.mp4"),
      }),
    );
    cameras.set(name, camera);
    await camera.start(release);
    print(`${name} is provisioned and connected, pin ${camera.registered.pin}`);
  }
  const register = Object.fromEntries([...cameras].map(([name, { registered }]) => [name, registered]));
  await writeFile(join(folder, "register.json"), JSON.stringify(register, null, 2));
  const tls = async (name: string) => ({
    ca: await readFile(join(carriers.authority, "ca.crt"), "utf8"),
    cert: await readFile(join(carriers.authority, `${name}.crt`), "utf8"),
    key: await readFile(join(carriers.authority, `${name}.key`), "utf8"),
  });
  const pins = Object.fromEntries([...cameras].map(([name, { registered }]) => [name, registered.pin]));
  const fleet = all.use(
    await openFleet({ brokerUrl: carriers.url, key: keys.carrier, tls: await tls("carrier"), pins, devices: DEVICES }),
  );
  const operators = new Map<string, Operator>();
  for (const device of DEVICES) {
    const pinned = pins[device] ?? "";
    const reach = { brokerUrl: carriers.url, device, key: keys.operator, tls: await tls("operator"), pinned };
    operators.set(device, all.use(await openOperator(reach)));
  }
  return { media, cameras, operators, fleet, publisherKey: keys.publisher };
}

/** The fleet file with which more cameras can be let in. */
async function writeFleetFile(folder: string, { cameras, carriers, bootstrapUrl, enrolmentUrl }: TrialBroker) {
  const ca = join(cameras.authority, "ca.crt");
  const at = (name: string) => join(carriers.authority, name);
  const operator = { ca: at("ca.crt"), cert: at("operator.crt"), certKey: at("operator.key") };
  const fleet = {
    enrolment: { broker: enrolmentUrl.href, ...operator },
    operators: { broker: carriers.url.href, ...operator },
    bootstrap: { broker: bootstrapUrl.href, ca },
    cameras: { broker: cameras.url.href, ca, carrierKey: "carrier.public.jwk", packKey: "publisher.public.jwk" },
    operatorKey: "operator.private.jwk",
    authority: { certificate: ca, key: join(cameras.authority, "ca.key"), days: 30 },
    register: "register.json",
  };
  await writeFile(join(folder, "fleet.json"), JSON.stringify(fleet, null, 2));
}

async function makeKey(folder: string, name: string): Promise<JWK> {
  const secret = await generatePrivateJwk("signing");
  const { d: _, ...open } = secret;
  await writeFile(join(folder, `${name}.private.jwk`), JSON.stringify(secret), { mode: 0o600 });
  await writeFile(join(folder, `${name}.public.jwk`), JSON.stringify(open));
  return secret;
}

/** A change of one device. Resolves with the result in words, throws if it was refused. */
type Change = (device: string) => Promise<string>;

async function play(stage: Stage, { folder, print }: TrialOptions): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const photo = await chipPhoto(stage.media.path("franck_02221.jpg"));
  const step = async (name: string, device: string, change: Change): Promise<boolean> => {
    const ended = await change(device).then(
      (words) => ({ words, asExpected: true }),
      (error: Error) => ({ words: error.message, asExpected: false }),
    );
    print(`${name.padEnd(34)} ${device}  ${ended.words}`);
    steps.push({ step: name, device, ended: ended.words, asExpected: ended.asExpected });
    return ended.asExpected;
  };
  const verify: Change = async (device) => verified(stage, device, photo);
  /** First one device; if it is healthy, the others. An operator of a thousand devices does the same. */
  const staged = async (name: string, change: Change) => {
    for (const device of DEVICES) {
      const well = (await step(name, device, change)) && (await step(`${name}: verify`, device, verify));
      if (!well) return;
    }
  };
  for (const device of DEVICES) await step("as installed: verify", device, verify);
  const releases = join(folder, "releases");
  const next = await layOutRelease(releases, `${VERSION}-next`);
  await staged(`release ${next.version}`, (device) => update(stage, device, next));
  await staged(`back to release ${VERSION}`, (device) =>
    update(stage, device, { version: VERSION, folder: join(releases, VERSION) }),
  );
  const pack = await packOf(stage, join(folder, "pack"));
  await staged("model pack sent and in force", async (device) => {
    const operator = operatorOf(stage, device);
    inWords(await operator.sendPack(pack));
    return inWords(await operator.command({ type: "pack_activate", hash: pack.claims.hash }));
  });
  await staged("model pack rolled back", async (device) =>
    inWords(await operatorOf(stage, device).command({ type: "pack_rollback" })),
  );
  const set = { MATCHLIGHT_TIMEOUT_MS: "8000", MATCHLIGHT_FMR: "0.0001" };
  await staged("configuration set", async (device) =>
    inWords(await operatorOf(stage, device).command({ type: "config_set", set })),
  );
  await staged("configuration reset", async (device) =>
    inWords(await operatorOf(stage, device).command({ type: "config_reset" })),
  );
  return steps;
}

async function verified({ fleet }: Stage, device: string, reference: Uint8Array): Promise<string> {
  const consent = { id: `trial-${device}-${Date.now()}`, at: Math.floor(Date.now() / 1000), notice: "trial" };
  const ask = { reference, consent, purpose: "trial", policy: { timeoutMs: 20_000 } };
  const { claims } = await fleet.device(device).verify(ask);
  if (claims.decision !== "match") throw new Error(`${claims.decision} ${claims.reason ?? ""}`);
  return `match, software ${claims.software}, pack ${claims.pack.hash.slice(0, 8)}, FMR ${claims.fmr}`;
}

const HEALTHY_WITHIN_MS = 30_000;

/** Replaces the release of a device and checks its status. */
async function update(stage: Stage, device: string, release: { readonly version: string; readonly folder: string }) {
  await stage.cameras.get(device)?.start(release);
  const operator = operatorOf(stage, device);
  for (let waitedMs = 0; waitedMs < HEALTHY_WITHIN_MS; waitedMs += 250) {
    const { software, state, codes } = await operator.health();
    if (software === release.version && state !== "unhealthy") return `${software}, ${[state, ...codes].join(" ")}`;
    await sleep(250);
  }
  throw new Error(`${device} did not say that it is well with ${release.version}: roll back`);
}

async function packOf({ media, publisherKey }: Stage, folder: string) {
  const photos = {
    reference: media.path("franck_02221.jpg"),
    same: media.path("franck_01829.jpg"),
    other: media.path("audrey.jpg"),
  };
  await makePack(packFolder("fp32"), folder, photos, 20_000);
  return signPack(folder, publisherKey);
}

function operatorOf({ operators }: Stage, device: string): Operator {
  const operator = operators.get(device);
  if (!operator) throw new Error(`there is no ${device}`);
  return operator;
}

function inWords({ outcome, code, because, packs, config }: AnswerClaims): string {
  if (outcome !== "done") throw new Error(`${outcome} ${code}: ${because}`);
  const set = Object.entries(config).filter(([, { from }]) => from === "command");
  const values = set.map(([name, { value }]) => `${name}=${value}`).join(" ");
  return `pack ${packs.active.id} ${packs.active.hash.slice(0, 8)} (${packs.active.from}) ${values}`.trim();
}

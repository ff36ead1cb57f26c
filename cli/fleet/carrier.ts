import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { CarrierError, openCarrier, type VerifiedReport } from "../../carrier/client.ts";
import { LIMITS, type Progress } from "../../protocol/contract.ts";
import type { Tls } from "../../protocol/mqtt/client.ts";
import { generatePrivateJwk } from "../../protocol/tokens.ts";
import { print, printFailure } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { addEnrol } from "./enrol.ts";

/** `matchlight carrier`: the other end of the wire, for integrators without a back end of their own yet. */
export function addCarrier(program: Command): void {
  const carrier = program.command("carrier").description("Act as the carrier: make its key, ask a camera to verify.");
  carrier
    .command("keygen")
    .description("Make the carrier's signing key: carrier.private.jwk (keep it secret) and carrier.public.jwk.")
    .requiredOption("--out <folder>", "the folder to write the two files to")
    .action(({ out }: { out: string }) => keygen(out));
  carrier
    .command("verify")
    .description("Ask a camera whether the person before it is the person on a photo.")
    .requiredOption("--broker <url>", "the MQTT broker, mqtt://host:1883 or mqtts://host:8883", url)
    .requiredOption("--device <id>", "the camera's MATCHLIGHT_DEVICE_ID")
    .requiredOption("--key <file>", "the carrier's private key, from keygen")
    .requiredOption("--reference <image>", "the photo of the ID card, JPEG or PNG")
    .option("--timeout-ms <n>", "how long the camera may look", bounded(LIMITS.timeoutMs.least, LIMITS.timeoutMs.most))
    .option("--fmr <x>", "the false match rate wanted, for example 0.001", bounded(1e-9, 0.01))
    .option("--pin <thumbprint>", "the thumbprint the camera's signing key must have")
    .option("--topics <template>", "how topics are made, for example matchlight/v1/{device}/{channel}")
    .option("--ca <file>", "PEM file of the broker's authority, where it is not a public one")
    .option("--cert <file>", "PEM file of a client certificate, where the broker wants one")
    .option("--cert-key <file>", "PEM file of its private key")
    .option("--json", "print progress and the report as JSON lines")
    .addHelpText("after", "\nExit code: 0 match, 1 no_match, 2 inconclusive, 3 refused or failed.")
    .action(verify);
  addEnrol(carrier);
}

interface VerifyFlags {
  readonly broker: URL;
  readonly device: string;
  readonly key: string;
  readonly reference: string;
  readonly timeoutMs?: number;
  readonly fmr?: number;
  readonly pin?: string;
  readonly topics?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly certKey?: string;
  readonly json?: boolean;
}

const EXIT_CODES = { match: 0, no_match: 1, inconclusive: 2 } as const;

async function keygen(out: string): Promise<void> {
  const secret = await generatePrivateJwk("signing");
  const { d: _, ...open } = secret;
  await mkdir(out, { recursive: true, mode: 0o700 });
  // "wx": a key that is in use somewhere must not be overwritten by a second keygen.
  await writeFile(join(out, "carrier.private.jwk"), JSON.stringify(secret), { mode: 0o600, flag: "wx" });
  await writeFile(join(out, "carrier.public.jwk"), JSON.stringify(open), { flag: "wx" });
  print(`Wrote ${join(out, "carrier.private.jwk")} (keep it secret)`);
  print(`and   ${join(out, "carrier.public.jwk")} (give it to cameras as MATCHLIGHT_CARRIER_KEY).`);
}

async function verify(flags: VerifyFlags): Promise<void> {
  try {
    const report = await ask(flags);
    if (flags.json) print(JSON.stringify({ report: report.claims, token: report.token }));
    else tellReport(report);
    process.exitCode = EXIT_CODES[report.claims.decision];
  } catch (error) {
    if (flags.json) print(JSON.stringify({ error: describe(error) }));
    else printFailure(error);
    process.exitCode = 3;
  }
}

async function ask(flags: VerifyFlags): Promise<VerifiedReport> {
  const { broker: brokerUrl, device, timeoutMs, fmr, pin: pinned, topics, json = false } = flags;
  const key = JSON.parse(await readFile(flags.key, "utf8"));
  const reference = await readFile(flags.reference);
  const optional = { ...(pinned ? { pinned } : {}), ...(topics ? { topics } : {}) };
  await using carrier = await openCarrier({ brokerUrl, device, key, tls: await readTls(flags), ...optional });
  const policy = { ...(timeoutMs ? { timeoutMs } : {}), ...(fmr ? { fmr } : {}) };
  const consent = { id: `cli-${process.pid}-${Date.now()}`, at: Math.floor(Date.now() / 1000), notice: "command line" };
  return await carrier.verify({ reference, consent, purpose: "trial", policy }, (progress) =>
    tellProgress(progress, json),
  );
}

async function readTls({ ca, cert, certKey }: VerifyFlags): Promise<Tls> {
  const files = Object.entries({ ca, cert, key: certKey }).filter(([, path]) => path !== undefined);
  return Object.fromEntries(await Promise.all(files.map(async ([n, path]) => [n, await readFile(path ?? "", "utf8")])));
}

function tellProgress(progress: Progress, json: boolean): void {
  if (json) print(JSON.stringify({ progress }));
  else print(progress.stage === "hint" ? `hint: ${progress.hint ?? "none"}` : progress.stage);
}

function tellReport({ claims }: VerifiedReport): void {
  const shown = (value: number | undefined) => (value === undefined ? "-" : String(value));
  printTable(
    ["verified report", ""],
    [
      ["decision", claims.decision],
      ["reason", claims.detail ? `${claims.reason} (${claims.detail})` : (claims.reason ?? "-")],
      ["similarity", shown(claims.similarity)],
      ["threshold", `${claims.threshold} (FMR ${claims.fmr})`],
      ["liveness", shown(claims.liveness)],
      ["frames", `${claims.frames.used} of ${claims.frames.looked}`],
      ["time", `${Math.round((claims.finished - claims.started) * 1000)} ms`],
      ["sequence", String(claims.seq)],
      ["device", `${claims.iss}, software ${claims.software}, pack ${claims.pack.id}`],
    ],
  );
}

function describe(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CarrierError)) return { code: "failed", message };
  return { code: error.code, message, ...(error.refusal ? { refusal: error.refusal } : {}) };
}

function url(text: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new InvalidArgumentError("It must be an address such as mqtt://localhost:1883.");
}

function bounded(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a number from ${least} to ${most}.`);
  };
}

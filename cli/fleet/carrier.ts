import type { Command } from "commander";
import { CarrierError, openCarrier, type VerifiedReport } from "../../carrier/client.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { LIMITS, type Progress } from "../../protocol/messages/contract.ts";
import { numberFrom, thumbprint } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { readJson, readNamed } from "../console/files.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { type BrokerFlags, brokerOptions, KEY_FILE, readTls } from "./broker-options.ts";
import { addEnrol } from "./enrol.ts";
import { writeKeyPair } from "./key-pair.ts";

/** `matchlight carrier`: a carrier for integrators without their own back end. */
export function addCarrier(program: Command): void {
  const carrier = program.command("carrier").description("Act as the carrier: make its key, ask a camera to verify.");
  carrier
    .command("keygen")
    .description("Make the carrier's signing key: carrier.private.jwk (keep it secret) and carrier.public.jwk.")
    .requiredOption("--out <folder>", "the folder to write the two files to")
    .action(({ out }: { out: string }) => writeKeyPair(out, "carrier", "give it to cameras as MATCHLIGHT_CARRIER_KEY"));
  brokerOptions(carrier.command("verify"))
    .description(
      "Ask a camera whether the person in front of it is the person on a photo. It states the person's consent, for a trial: ask the person before.",
    )
    .requiredOption("--device <id>", "the camera's MATCHLIGHT_DEVICE_ID")
    .requiredOption("--key <file>", "the carrier's private key, from keygen")
    .requiredOption("--reference <image>", "the photo of the ID card, JPEG or PNG")
    .option(
      "--timeout-ms <n>",
      "the longest time of the verification",
      numberFrom(LIMITS.timeoutMs.least, LIMITS.timeoutMs.most),
    )
    .option("--fmr <x>", "the wanted false match rate, for example 0.001", numberFrom(1e-9, 0.01))
    .option("--pin <thumbprint>", "the required thumbprint of the camera's signing key", thumbprint)
    .option("--json", "print progress and the report as JSON lines")
    .addHelpText(
      "after",
      "\nCtrl+C cancels the verification.\nExit code: 0 match, 1 no_match, 2 inconclusive, 3 refused or failed.",
    )
    .action(exiting(verify));
  addEnrol(carrier);
}

interface VerifyFlags extends BrokerFlags {
  readonly device: string;
  readonly key: string;
  readonly reference: string;
  readonly timeoutMs?: number;
  readonly fmr?: number;
  readonly pin?: string;
  readonly json?: boolean;
}

const EXIT_CODES = { match: 0, no_match: 1, inconclusive: 2, failed: 3 } as const;

async function verify(flags: VerifyFlags): Promise<number> {
  try {
    const report = await ask(flags);
    if (flags.json) print(JSON.stringify({ report: report.claims, token: report.token }));
    else printReport(report);
    return EXIT_CODES[report.claims.decision];
  } catch (error) {
    if (!flags.json) throw error;
    print(JSON.stringify({ error: describe(error) }));
    return EXIT_CODES.failed;
  }
}

async function ask(flags: VerifyFlags): Promise<VerifiedReport> {
  const { broker: brokerUrl, device, timeoutMs, fmr, pin: pinned, topics, json = false } = flags;
  const key = await readJson<JWK>(flags.key, KEY_FILE);
  const reference = await readNamed(flags.reference, "the photo of the ID card, a JPEG or PNG");
  const optional = { ...(pinned ? { pinned } : {}), ...(topics ? { topics } : {}) };
  await using carrier = await openCarrier({ brokerUrl, device, key, tls: await readTls(flags), ...optional });
  const policy = { ...(timeoutMs ? { timeoutMs } : {}), ...(fmr ? { fmr } : {}) };
  const consent = { id: `cli-${process.pid}-${Date.now()}`, at: Math.floor(Date.now() / 1000), notice: "command line" };
  const prepared = await carrier.prepare({ reference, consent, purpose: "trial", policy });
  // Otherwise the camera looks at the person until its time is over. A second signal ends the command at once.
  process.once("SIGINT", () => void carrier.cancel(prepared.jti, "cancelled").catch(() => undefined));
  return await carrier.send(prepared, (progress) => printProgress(progress, json));
}

function printProgress(progress: Progress, json: boolean): void {
  if (json) print(JSON.stringify({ progress }));
  else print(progress.stage === "hint" ? `hint: ${progress.hint ?? "none"}` : progress.stage);
}

function printReport({ claims }: VerifiedReport): void {
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

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { findKeys } from "../../device/management/device-keys.ts";
import { openLedger } from "../../device/messaging/ledger.ts";
import { readOnlyStore } from "../../device/storage/store.ts";
import { type JWK, readKeySet } from "../../protocol/encoding/tokens.ts";
import { checkChain, describeFinding } from "../../protocol/messages/report-chain.ts";
import { coloured } from "../console/colour.ts";
import { exiting } from "../console/exit.ts";
import { dataOption, print } from "../console/print.ts";

/** `matchlight audit`: exports and verifies the chain of reports. */
export function addAudit(program: Command): void {
  const audit = program.command("audit").description("Export the camera's chain of signed reports, or verify one.");
  dataOption(audit.command("export"))
    .description(
      "Write the chain as JSON lines: first the public keys, then one report's token on each line. The service may be running.",
    )
    .option("--out <file>", "the file to write; default: standard output")
    .action(exportChain);
  audit
    .command("verify")
    .description("Check the signatures, order and links of an exported chain, and name missing and changed reports.")
    .argument("<file>", "the output of `audit export`")
    .option("--pin <thumbprint...>", "the thumbprints of the accepted signing keys, as the carrier knows them")
    .addHelpText("after", "\nExit code: 0 the chain is whole, 1 it is not, 3 it could not be read.")
    .action(exiting(verifyChain));
}

async function exportChain({ data, out }: { readonly data: string; readonly out?: string }): Promise<void> {
  const keys = await findKeys(data);
  if (!keys) throw new Error(`${data} has no keys, so it is not a camera's data folder. Name the folder with --data.`);
  const { store, recovery } = await readOnlyStore(join(data, "ledger"));
  const lines = [
    JSON.stringify({ keys: [keys.signing.public, ...keys.retired] }),
    ...openLedger(store, Date.now)
      .reports()
      .map(({ seq, token }) => JSON.stringify({ seq, token })),
  ];
  if (out) await writeFile(out, `${lines.join("\n")}\n`);
  else for (const line of lines) print(line);
  const note = recovery.lost > 0 ? `; ${recovery.lost} stored batches were lost to damage` : "";
  process.stderr.write(`${lines.length - 1} reports exported${note}\n`);
}

interface ExportedLine {
  readonly keys?: readonly JWK[];
  readonly token?: unknown;
}

async function readExport(file: string): Promise<readonly ExportedLine[]> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read (${cause.code}).`, { cause });
  });
  const lines = text
    .trim()
    .split("\n")
    .map((line, i) => parseLine(line, i + 1, file));
  if (Array.isArray(lines[0]?.keys)) return lines;
  throw new Error(`${file} does not begin with a camera's keys: it is not what \`matchlight audit export\` wrote.`);
}

function parseLine(line: string, number: number, file: string): ExportedLine {
  try {
    const read: unknown = JSON.parse(line);
    if (typeof read === "object" && read !== null) return read;
  } catch {
    // The error below names the file.
  }
  throw new Error(`${file}, line ${number} is no JSON object: it is not what \`matchlight audit export\` wrote.`);
}

async function verifyChain(file: string, { pin = [] }: { readonly pin?: readonly string[] }): Promise<number> {
  const [first, ...rest] = await readExport(file);
  const keys = first?.keys ?? [];
  const known = pin.length === 0 ? keys : keys.filter(({ kid }) => pin.includes(kid ?? ""));
  if (known.length === 0) throw new Error(`${file} contains none of the pinned keys. It is another camera's chain.`);
  const check = await checkChain(
    rest.map(({ token }) => String(token)),
    await readKeySet({ keys: known }),
  );
  for (const finding of check.findings) print(describeFinding(finding));
  const range = check.reports === 0 ? "" : `, ${check.firstSeq} to ${check.lastSeq}`;
  print(
    `${check.reports} reports${range}: ${check.findings.length === 0 ? coloured("the chain is whole", "good") : coloured("the chain is NOT whole", "wrong")}.`,
  );
  if (pin.length === 0) print("These keys come from the file itself. Name the keys that you know with --pin.");
  return check.findings.length === 0 ? 0 : 1;
}

import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline/promises";
import { type Command, Option } from "commander";
import { lockFolder } from "../../device/management/data-folder-lock.ts";
import { installCertificate, makeEnrolment, tlsFiles } from "../../device/management/provision.ts";
import { holdsCamera, wipe } from "../../device/management/wipe.ts";
import { deviceName } from "../console/arguments.ts";
import { readJson } from "../console/files.ts";
import { dataOption, print } from "../console/print.ts";
import { printTable } from "../console/table.ts";

interface Flags {
  readonly data: string;
  readonly device?: string;
  readonly shop?: string;
  readonly out?: string;
  readonly accept?: string;
  readonly newTlsKey?: boolean;
}

/** `matchlight provision` and `matchlight wipe`: register a device with a carrier, and erase it. */
export function addProvision(program: Command): void {
  dataOption(program.command("provision"))
    .description(
      "Register this camera with its carrier: write an enrolment for the carrier, and install the carrier's answer.",
    )
    .addOption(new Option("--device <id>", "the camera's name").argParser(deviceName).env("MATCHLIGHT_DEVICE_ID"))
    .option("--shop <name>", "the camera's shop, by the carrier's name for it")
    .option("--out <file>", "the file to write with the enrolment for the carrier")
    .option("--accept <file>", "the carrier's answer (matchlight carrier enrol) to install")
    .option("--new-tls-key", "make a new TLS key, if the camera is provisioned again")
    .addHelpText(
      "after",
      "\nThe private keys stay in the data folder. Tell the carrier the code by another way than the file, for example by telephone.",
    )
    .action(provision);
  dataOption(program.command("wipe"))
    .description("Overwrite and remove keys, reports, configuration and packs of a camera that changes hands.")
    .option("--yes", "do not ask")
    .addHelpText(
      "after",
      "\nThe service must be stopped. Unsent reports are lost: export the chain first (matchlight audit export).",
    )
    .action(wipeCamera);
}

async function provision(flags: Flags): Promise<void> {
  if (flags.accept !== undefined) return accept(flags.data, flags.accept);
  const { data: dataFolder, device, shop, out, newTlsKey = false } = flags;
  if (!device || !shop || !out) throw new Error("--device, --shop and --out are required, or --accept; see --help");
  const { token, code } = await makeEnrolment({ dataFolder, device, shop, newTlsKey });
  await writeFile(out, `${token}\n`);
  print(`Wrote ${out}: give it to the carrier.`);
  print(`Enrolment code of ${device}: ${code}`);
}

const ENROLLED = "what `matchlight carrier enrol` wrote with --out";

async function accept(data: string, file: string): Promise<void> {
  const { certificate, authority } = await readJson<{ certificate?: unknown; authority?: unknown }>(file, ENROLLED);
  if (![certificate, authority].every((pem) => String(pem).includes("-----BEGIN CERTIFICATE-----"))) {
    throw new Error(`${file} contains no certificates, so it is not the output of matchlight carrier enrol`);
  }
  await installCertificate(data, String(certificate), String(authority));
  const files = tlsFiles(data);
  print("Installed. Start the service with:");
  print(`  MATCHLIGHT_BROKER_CA=${files.authority}`);
  print(`  MATCHLIGHT_BROKER_CERT=${files.certificate}`);
  print(`  MATCHLIGHT_BROKER_KEY=${files.key}`);
}

async function wipeCamera({ data, yes }: { readonly data: string; readonly yes?: boolean }): Promise<void> {
  if (!(await holdsCamera(data))) {
    throw new Error(`${data} holds nothing that a camera wrote. Name the camera's data folder with --data.`);
  }
  await using _lock = await lockFolder(data);
  if (!yes && !(await agreed(data))) throw new Error("nothing was removed");
  const { wiped, left } = await wipe(data);
  printTable(
    ["removed", "files", "bytes"],
    wiped.map(({ what, files, sizeBytes }) => [what, String(files), String(sizeBytes)]),
  );
  if (left.length > 0) print(`Left, because the camera did not write it: ${left.join(", ")}`);
  print("The next start makes new keys. Take the camera out of the carrier's register as well.");
}

async function agreed(data: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new Error("there is no terminal to ask for confirmation: use --yes");
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await asking.question(`Remove keys, reports and packs of ${data} for ever? Type "wipe": `);
  asking.close();
  return answer.trim() === "wipe";
}

import type { Command } from "commander";
import { lockFolder } from "../../device/management/data-folder-lock.ts";
import { findKeys, rotateKeys } from "../../device/management/device-keys.ts";
import { enrolmentCode } from "../../protocol/identity/enrolment.ts";
import { dataOption, print } from "../console/print.ts";
import { printTable } from "../console/table.ts";

interface Flags {
  readonly data: string;
  readonly json?: boolean;
}

/** `matchlight identity`: the keys of the device. The private halves are never shown. */
export function addIdentity(program: Command): void {
  const identity = program.command("identity").description("Show the camera's public keys, or replace its keys.");
  dataOption(identity.command("show"))
    .description("Show the public keys and their thumbprints, which carriers pin.")
    .option("--json", "print them as one JSON object")
    .action(show);
  dataOption(identity.command("rotate"))
    .description("Make new keys. The service must be stopped. Old public keys are kept: old reports stay verifiable.")
    .addHelpText("after", "\nGive the new thumbprint to carriers that pinned the old one.")
    .action(rotate);
}

async function show({ data, json }: Flags): Promise<void> {
  const keys = await findKeys(data);
  if (!keys)
    throw new Error(`${data} has no keys yet. The first start makes them, or name another folder with --data.`);
  const { signing, sealing, retired } = keys;
  if (json) return print(JSON.stringify({ signing: signing.public, sealing: sealing.public, retired }));
  const code = await enrolmentCode(signing.public.kid ?? "");
  printTable(
    ["key", "thumbprint (RFC 7638)"],
    [
      ["signing", signing.public.kid ?? ""],
      ["sealing", sealing.public.kid ?? ""],
      ["enrolment code", code.letters],
      ["the same in digits", code.digits],
      ...retired.map(({ kid = "" }) => ["retired", kid]),
    ],
  );
}

async function rotate({ data }: Flags): Promise<void> {
  await using _lock = await lockFolder(data);
  const { signing, sealing, retired } = await rotateKeys(data);
  print(`New signing key ${signing.public.kid}`);
  print(`New sealing key ${sealing.public.kid}`);
  print(`Kept for old reports: ${retired.map(({ kid }) => kid).join(", ")}`);
  print("They are used from the next start. Tell every carrier that pinned the old thumbprint.");
}

import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { acceptEnrolment } from "../../carrier/enrolment.ts";
import { wholeFrom } from "../console/arguments.ts";
import { readNamed } from "../console/files.ts";
import { print } from "../console/print.ts";
import { registerCamera } from "./enrolment/register.ts";

interface Flags {
  readonly enrolment: string;
  readonly code: string;
  readonly ca: string;
  readonly caKey: string;
  readonly days: number;
  readonly out: string;
  readonly register: string;
  readonly replace?: boolean;
}

/** `matchlight carrier enrol`: the carrier's side of `matchlight provision`. */
export function addEnrol(carrier: Command): void {
  carrier
    .command("enrol")
    .description("Check a camera's enrolment, sign its certificate, and put it into the register of cameras.")
    .requiredOption("--enrolment <file>", "the camera's enrolment, from `matchlight provision`")
    .requiredOption("--code <code>", "the code that the camera shows, read by a person at the camera")
    .requiredOption("--ca <file>", "PEM file of the authority's certificate")
    .requiredOption("--ca-key <file>", "PEM file of its private key")
    .requiredOption("--out <file>", "the file to write with the answer for the camera (no secret)")
    .requiredOption("--register <file>", "the register: JSON, from names to shops and pins; made if it does not exist")
    .option("--days <n>", "the validity of the certificate, in days", wholeFrom(1, 36_500), 825)
    .option("--replace", "replace the registered key of a known camera")
    .action(enrol);
}

const PEM = "a PEM file of the authority";

async function enrol(flags: Flags): Promise<void> {
  const token = (await readNamed(flags.enrolment, "what `matchlight provision` wrote with --out")).toString("utf8");
  const [certificateOfCa, keyOfCa] = [await readNamed(flags.ca, PEM), await readNamed(flags.caKey, PEM)];
  const authority = { certificate: certificateOfCa.toString("utf8"), key: keyOfCa.toString("utf8") };
  const { registered, certificate } = await acceptEnrolment({
    token: token.trim(),
    code: flags.code,
    days: flags.days,
    authority,
  });
  await registerCamera(flags.register, registered, flags.replace);
  await writeFile(flags.out, `${JSON.stringify({ certificate, authority: authority.certificate })}\n`);
  print(`Registered ${registered.device} for ${registered.shop}, pin ${registered.pin}`);
  print(`Give ${flags.out} to the camera: matchlight provision --accept ${flags.out}`);
}

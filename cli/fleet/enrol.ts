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
    .requiredOption("--enrolment <file>", "what `matchlight provision` wrote at the camera")
    .requiredOption("--code <code>", "the code that the camera showed, as told by somebody who stands before it")
    .requiredOption("--ca <file>", "PEM file of the authority's certificate")
    .requiredOption("--ca-key <file>", "PEM file of its private key")
    .requiredOption("--out <file>", "where to write what goes back to the camera (no secret)")
    .requiredOption("--register <file>", "the register: JSON, names to shops and pins; made when it is not there")
    .option("--days <n>", "how long the certificate holds", wholeFrom(1, 36_500), 825)
    .option("--replace", "the camera is known under another key: take the new one")
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

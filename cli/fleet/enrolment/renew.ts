import type { Command } from "commander";
import { approveRenewal } from "../../../carrier/approval.ts";
import { CarrierError } from "../../../carrier/errors.ts";
import { wholeFrom } from "../../console/arguments.ts";
import { print } from "../../console/print.ts";
import { oneLine } from "../../console/visible.ts";
import { authorityOf, fleetKeysOf, readFleetFile } from "../fleet-file.ts";
import { fleetOption } from "./approve.ts";
import { type Enrolling, openEnrolmentLink, untilStopped } from "./enrolment-link.ts";
import { readRegister } from "./register.ts";

/** The longest time of a timer. */
const FOR_EVER_SECONDS = 2_000_000;

/** `matchlight fleet renew`: runs until it is stopped. */
export function addRenew(fleet: Command): void {
  fleetOption(fleet.command("renew"))
    .description("Renew the certificates of registered cameras on their request, until a signal stops the command.")
    .option("--for <seconds>", "stop after this time", wholeFrom(1, FOR_EVER_SECONDS), FOR_EVER_SECONDS)
    .action(renew);
}

async function renew({ fleet: file, for: seconds }: { readonly fleet: string; readonly for: number }): Promise<void> {
  await using _link = await openEnrolmentLink({
    fleet: await readFleetFile(file),
    at: "operators",
    received: async (enrolling, link) => {
      const { iss: device } = enrolling.claims;
      await link.answer(device, await renewalOf(enrolling, file));
      print(`${device}: renewed`);
    },
    // It runs for years: a file that is being changed, or a lost connection, must not end it.
    failed: (error, { claims }) => {
      const how = error instanceof CarrierError ? "refused" : "not renewed";
      print(oneLine(`${claims.iss}: ${how}: ${error.message}`));
    },
    lost: (error) => print(oneLine(error.message)),
  });
  print("Renewing the certificates of cameras that ask for it.");
  await untilStopped(seconds * 1_000);
}

/**
 * The renewal for a registered camera. Everything is read for each one, because cameras are approved and the authority is
 * replaced while the command runs.
 */
export async function renewalOf({ token, claims }: Enrolling, file: string): Promise<string> {
  const fleet = await readFleetFile(file);
  const register = await readRegister(fleet.path(fleet.text.register));
  const known = Object.hasOwn(register, claims.iss) ? register[claims.iss] : undefined;
  const { message } = await approveRenewal({
    token,
    known,
    authority: await authorityOf(fleet),
    fleet: await fleetKeysOf(fleet),
  });
  return message;
}

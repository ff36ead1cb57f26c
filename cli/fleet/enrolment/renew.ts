import type { Command } from "commander";
import { approveRenewal } from "../../../carrier/approval.ts";
import { CarrierError } from "../../../carrier/errors.ts";
import { wholeFrom } from "../../console/arguments.ts";
import { print } from "../../console/print.ts";
import { oneLine } from "../../console/visible.ts";
import { authorityOf, type FleetFile, fleetKeysOf, readFleetFile } from "../fleet-file.ts";
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
  const fleet = await readFleetFile(file);
  await using _link = await openEnrolmentLink({
    fleet,
    at: "operators",
    received: async (enrolling, link) => {
      const { iss: device } = enrolling.claims;
      const message = await renewalOf(enrolling, fleet).catch((error: unknown) => {
        if (!(error instanceof CarrierError)) throw error;
        print(oneLine(`${device}: refused: ${error.message}`));
      });
      if (message === undefined) return;
      await link.answer(device, message);
      print(`${device}: renewed`);
    },
    lost: (error) => print(oneLine(error.message)),
  });
  print("Renewing the certificates of cameras that ask for it.");
  await untilStopped(seconds * 1_000);
}

/** The register is read for each renewal, because cameras are approved meanwhile. */
async function renewalOf({ token, claims }: Enrolling, fleet: FleetFile): Promise<string> {
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

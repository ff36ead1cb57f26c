import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { approveEnrolment } from "../../../carrier/approval.ts";
import type { Registered } from "../../../carrier/enrolment.ts";
import { withResolvers } from "../../../protocol/common/with-resolvers.ts";
import { enrolmentCode, isCode } from "../../../protocol/identity/enrolment.ts";
import { wholeFrom } from "../../console/arguments.ts";
import { exiting } from "../../console/exit.ts";
import { print } from "../../console/print.ts";
import { printTable } from "../../console/table.ts";
import { authorityOf, bootstrapOf, type FleetFile, fleetKeysOf, readFleetFile } from "../fleet-file.ts";
import { type Enrolling, openEnrolmentLink, untilStopped } from "./enrolment-link.ts";
import { registerCamera } from "./register.ts";

interface Flags {
  readonly fleet: string;
  readonly wait: number;
}

interface ApproveFlags extends Flags {
  readonly code: string;
  readonly shop: string;
  readonly replace?: boolean;
  readonly validSeconds: number;
}

/** `matchlight fleet bootstrap`, `pending` and `approve`: cameras that enrol by themselves. */
export function addApproving(fleet: Command): void {
  fleetOption(fleet.command("bootstrap"))
    .description(
      "Write the bootstrap credential for the cameras of this fleet, MATCHLIGHT_BOOTSTRAP, the same for all.",
    )
    .requiredOption("--out <file>", "the file to write; with this credential, a camera can only ask to be enrolled")
    .action(async ({ fleet: file, out }: { readonly fleet: string; readonly out: string }) => {
      const bootstrap = await bootstrapOf(await readFleetFile(file));
      await writeFile(out, `${JSON.stringify(bootstrap)}\n`, { mode: 0o600 });
      print(`Wrote ${out}: give it to cameras as MATCHLIGHT_BOOTSTRAP.`);
    });
  fleetOption(fleet.command("pending"))
    .description(
      "List the cameras that wait for an approval. The list has no codes, because only the camera shows its code.",
    )
    .option("--wait <seconds>", "how long to listen; cameras ask every ten seconds", wholeFrom(1, 600), 12)
    .option("--json", "print a JSON line for each camera")
    .action(pending);
  fleetOption(fleet.command("approve"))
    .description("Approve a camera that enrols: check its code, register it, and send it the settings to serve.")
    .argument("<id>", "the camera's name in the list of `pending`")
    .requiredOption(
      "--code <code>",
      "the code that the camera shows, letters or digits, read by a person at the camera",
    )
    .requiredOption("--shop <name>", "the camera's shop")
    .option("--replace", "replace the registered key of a known camera")
    .option("--wait <seconds>", "how long to wait for the camera", wholeFrom(1, 600), 30)
    .option("--valid-seconds <n>", "the longest time until the camera receives the approval", wholeFrom(1, 3_600), 600)
    .addHelpText("after", "\nExit code: 0 approved, 1 no camera of that name shows that code, 3 failed.")
    .action(exiting(approve));
}

export function fleetOption(command: Command): Command {
  const standard = process.env["MATCHLIGHT_FLEET"] ?? "fleet.json";
  return command.option("--fleet <file>", "the fleet file (MATCHLIGHT_FLEET)", standard);
}

/** The longest printed list. An attacker with the bootstrap credential can send any number of enrolments. */
const MOST_LISTED = 1_000;

async function pending({ fleet: file, wait, json }: Flags & { readonly json?: boolean }): Promise<void> {
  const found: Enrolling[] = [];
  let trouble: Error | undefined;
  await using _link = await openEnrolmentLink({
    fleet: await readFleetFile(file),
    at: "enrolment",
    async received(one) {
      if (found.length < MOST_LISTED) found.push(one);
    },
    lost(error) {
      trouble = error;
    },
  });
  await untilStopped(wait * 1_000);
  if (found.length === 0 && trouble) throw trouble;
  const rows = found.map(({ claims: { iss, iat, signing } }) => [
    iss,
    new Date(iat * 1_000).toISOString(),
    signing.kid,
  ]);
  if (json) for (const [camera, asked, key] of rows) print(JSON.stringify({ camera, asked, key }));
  else printTable(["camera", "asked", "key"], rows);
  if (!json && found.length === 0) print("No camera waits for an approval.");
}

async function approve(id: string, flags: ApproveFlags): Promise<number> {
  const fleet = await readFleetFile(flags.fleet);
  const seen: string[] = [];
  let trouble: Error | undefined;
  const right = withResolvers<Enrolling>();
  await using link = await openEnrolmentLink({
    fleet,
    at: "enrolment",
    device: id,
    async received(enrolling) {
      const { kid } = enrolling.claims.signing;
      if (isCode(flags.code, await enrolmentCode(kid))) right.resolve(enrolling);
      else if (!seen.includes(kid)) seen.push(kid);
    },
    lost(error) {
      trouble = error;
    },
  });
  const found = await Promise.race([right.promise, sleep(flags.wait * 1_000, undefined, { ref: false })]);
  if (!found) {
    if (seen.length === 0 && trouble) throw trouble;
    print(nobody(id, seen));
    return 1;
  }
  const registered = await give(found, flags, fleet, (message) => link.answer(id, message));
  print(`Registered ${registered.device} for ${registered.shop}, pin ${registered.pin}`);
  return 0;
}

/** The camera is registered first, so that no unregistered camera serves. */
async function give(
  { token }: Enrolling,
  { code, shop, replace, validSeconds }: ApproveFlags,
  fleet: FleetFile,
  answer: (message: string) => Promise<void>,
): Promise<Registered> {
  const { registered, message } = await approveEnrolment({
    token,
    code,
    shop,
    authority: await authorityOf(fleet),
    fleet: await fleetKeysOf(fleet),
    lifetimeSeconds: validSeconds,
  });
  await registerCamera(fleet.path(fleet.text.register), registered, replace);
  await answer(message);
  return registered;
}

function nobody(id: string, others: readonly string[]): string {
  if (others.length === 0) return `No camera called ${id} asks. Is it connected? See \`matchlight fleet pending\`.`;
  return `${others.length} called ${id} ask, and none has this code: compare it again, and approve nothing if it still differs.`;
}

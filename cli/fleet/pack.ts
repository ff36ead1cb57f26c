import type { Command } from "commander";
import { packFolder } from "../../device/process/package-folder.ts";
import { readPack } from "../../models/pack/pack.ts";
import type { JWK } from "../../protocol/encoding/tokens.ts";
import { numberFrom } from "../console/arguments.ts";
import { exiting } from "../console/exit.ts";
import { readJson } from "../console/files.ts";
import { print } from "../console/print.ts";
import { progressBar } from "../console/progress.ts";
import { loadMedia } from "../demo/media.ts";
import { makePack } from "../pack/make.ts";
import { readSignedPack, signPack } from "../pack/signed.ts";
import { type CameraFlags, cameraOptions, connectOperator, KEY_FILE } from "./broker-options.ts";
import { writeKeyPair } from "./key-pair.ts";
import { operate, printInForce } from "./operate.ts";

type Flags = CameraFlags & { readonly json?: boolean; readonly pack: string };

const TWICE =
  "A second roll-back undoes the first. If no answer came, look with `matchlight pack list` before you repeat it.";
const EXIT = "\nExit code: 0 done, 1 refused, 3 no answer.";

/** `matchlight pack`: makes, signs, sends, activates and rolls back model packs. */
export function addPack(program: Command): void {
  const pack = program
    .command("pack")
    .description("Make, sign and send model packs; activate one, or return to the previous one.");
  addMaking(pack);
  addSending(pack);
}

function addMaking(pack: Command): void {
  pack
    .command("keygen")
    .description("Make the publisher's signing key: publisher.private.jwk (keep it secret) and publisher.public.jwk.")
    .requiredOption("--out <folder>", "the folder to write the two files to")
    .addHelpText("after", "\nThis key signs only model packs. Cameras have the public key as MATCHLIGHT_PACK_KEY.")
    .action(({ out }: { readonly out: string }) =>
      writeKeyPair(out, "publisher", "give it to cameras as MATCHLIGHT_PACK_KEY"),
    );
  pack
    .command("make")
    .description("Copy a pack and add its acceptance card: the scores for three pictures, measured on this machine.")
    .requiredOption("--from <pack>", "a shipped pack (int8, fp32), or a folder with a manifest")
    .requiredOption("--out <folder>", "the folder of the new pack")
    .option("--reference <image>", "an ID photo of a person who agreed to this")
    .option("--same <image>", "the same person in front of a camera")
    .option("--other <image>", "another person in front of a camera")
    .option("--look-at-most-ms <n>", "the largest median time of a board for one frame", numberFrom(1, 30_000), 2_000)
    .addHelpText("after", "\nWithout pictures, the command uses those of the demonstration. They are part of the pack.")
    .action(make);
  pack
    .command("sign")
    .description("Sign a pack as its publisher: the hash of its manifest, and the hash of each file.")
    .requiredOption("--pack <folder>", "the pack, with its card")
    .requiredOption("--key <file>", "the publisher's private key, from keygen")
    .action(async ({ pack: folder, key }: { readonly pack: string; readonly key: string }) => {
      const { claims } = await signPack(folder, await readJson<JWK>(key, KEY_FILE));
      print(`Signed ${claims.id} ${claims.version}, ${claims.hash}`);
    });
}

function addSending(pack: Command): void {
  cameraOptions(pack.command("send"))
    .description(
      "Send a signed pack to a camera, which tests it and keeps it ready. An interrupted transfer continues.",
    )
    .requiredOption("--pack <folder>", "the pack, signed by a publisher whom the camera trusts")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", EXIT)
    .action(exiting(send));
  cameraOptions(pack.command("activate"))
    .description("Put a pack that is ready into force, after trying it once more, between two verifications.")
    .requiredOption("--pack <folder or hash>", "the pack, by its folder here or by its hash")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", EXIT)
    .action(
      exiting((flags: Flags) =>
        operate(flags, async (operator) => operator.command({ type: "pack_activate", hash: await hashOf(flags.pack) })),
      ),
    );
  cameraOptions(pack.command("rollback"))
    .description("Put the pack that was in force before into force again.")
    .option("--json", "print the answer as JSON")
    .addHelpText("after", `\n${TWICE}${EXIT}`)
    .action(exiting((flags: Flags) => operate(flags, (operator) => operator.command({ type: "pack_rollback" }))));
  cameraOptions(pack.command("list"))
    .description("Print which packs a camera has, and which is in force.")
    .option("--json", "print the camera's signed report as JSON")
    .action(list);
}

interface MakeFlags {
  readonly from: string;
  readonly out: string;
  readonly reference?: string;
  readonly same?: string;
  readonly other?: string;
  readonly lookAtMostMs: number;
}

async function make({ from, out, reference, same, other, lookAtMostMs }: MakeFlags): Promise<void> {
  const given = [reference, same, other].filter((one) => one !== undefined).length;
  if (given % 3 !== 0) throw new Error("--reference, --same and --other go together: name all three, or none");
  const photos = reference && same && other ? { reference, same, other } : await demonstration();
  const { comparisons } = await makePack(packFolder(from), out, photos, lookAtMostMs);
  for (const { probe, similarity, liveness } of comparisons) {
    print(`reference and ${probe}: similarity ${similarity.toFixed(3)}, liveness ${liveness.toFixed(3)}`);
  }
  print(`Made ${out}; next: matchlight pack sign --pack ${out} --key …`);
}

async function demonstration() {
  const media = await loadMedia(print);
  return {
    reference: media.path("franck_02221.jpg"),
    same: media.path("franck_01829.jpg"),
    other: media.path("audrey.jpg"),
  };
}

async function send(flags: Flags): Promise<number> {
  const pack = await readSignedPack(flags.pack);
  const progress = progressBar(`to ${flags.device}`);
  return operate(flags, (operator) => operator.sendPack(pack, progress));
}

async function list(flags: Flags): Promise<void> {
  await using operator = await connectOperator(flags);
  const reported = await operator.reported();
  if (flags.json) print(JSON.stringify(reported.packs));
  else printInForce(reported);
}

async function hashOf(pack: string): Promise<string> {
  return /^[0-9a-f]{64}$/.test(pack) ? pack : (await readPack(pack)).hash;
}

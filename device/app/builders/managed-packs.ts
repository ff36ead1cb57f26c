import type { SwappableInference } from "../../inference/swappable-inference.ts";
import type { Configuration } from "../../management/settings/configuration.ts";
import { packsFolder, readPointer, tidyPacks } from "../../packs/active-pack.ts";
import { openPacks, type Packs } from "../../packs/installed-packs.ts";
import { packFolder } from "../../process/package-folder.ts";
import type { Settings } from "../../settings/settings.ts";
import type { TrustedKeys } from "../../settings/trusted-keys.ts";
import type { Service } from "../../verification/service.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";
import type { StatusPart } from "./status.ts";

/** The other parts that the model packs need. */
interface PacksNeeds {
  readonly connection: { readonly status: Pick<StatusPart, "deviceStatus"> };
  readonly service: Pick<Service, "between" | "begun">;
  readonly configuration: Pick<Configuration, "inForce">;
  readonly inference: SwappableInference;
  readonly keys: Pick<TrustedKeys, "publisher">;
}

/** The packs that an operator can send, activate and roll back. */
export async function openManagedPacks(
  settings: Pick<Settings, "dataFolder" | "modelPack" | "runtime">,
  { store, environment, clock, pack }: Pick<Parts, "store" | "environment" | "clock" | "pack">,
  { connection, service, configuration, inference, keys }: PacksNeeds,
  { log, late }: Context,
): Promise<Packs> {
  const { deviceStatus } = connection.status;
  const folder = packsFolder(settings.dataFolder);
  for (const reason of pack.setAside) log.error({ event: "pack_set_aside", reason });
  if (pack.setAside.length > 0) deviceStatus.raise("pack_set_aside");
  const { active, previous = active } = readPointer(store);
  await tidyPacks(folder, [active, previous]).catch((reason) =>
    log.warn({ event: "packs_untidy", reason: String(reason) }),
  );
  return openPacks({
    folder,
    store,
    environment,
    swappable: inference,
    running: pack.name,
    releaseFolder: packFolder(settings.modelPack),
    runtime: settings.runtime,
    between: service.between,
    begun: service.begun,
    publisher: keys.publisher,
    fmr: () => configuration.inForce().fmr,
    nowMs: clock.monotonicMs,
    replaced: async () => {
      deviceStatus.clear("pack_set_aside");
      log.info({ event: "pack_in_force", pack: inference.pack.id, hash: inference.pack.hash });
      await late.calls.packChanged();
    },
  });
}

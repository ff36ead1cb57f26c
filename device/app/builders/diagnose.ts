import type { JWK } from "../../../protocol/encoding/tokens.ts";
import { environmentOf, readProvisioned } from "../../management/provisioned.ts";
import { variablesOf } from "../../management/settings/overrides.ts";
import { readChanges, textsInForce } from "../../management/settings/pending-change.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Parts } from "../parts.ts";
import type { Context } from "./context.ts";

/** Loads the code for diagnostics at the first request, because most cameras never get one. */
export async function diagnose(
  { deviceId: device, dataFolder }: Pick<Settings, "deviceId" | "dataFolder">,
  { store, environment, clock, keys, examine }: Pick<Parts, "store" | "environment" | "clock" | "keys" | "examine">,
  { log, late }: Pick<Context, "log" | "late">,
  jti: string,
  to: JWK,
): Promise<string> {
  const { diagnosticsOf, sealDiagnostics } = await import("../../management/diagnostics.ts");
  const provisioned = await readProvisioned(dataFolder);
  const claims = diagnosticsOf(jti, {
    device,
    environment,
    wallMs: clock.wallMs(),
    health: await late.calls.health(),
    findings: await examine(environment),
    events: log.recent?.() ?? [],
    enrolment: Object.keys(provisioned ? environmentOf(provisioned) : {}),
    command: variablesOf(textsInForce(readChanges(store))),
  });
  return sealDiagnostics(claims, keys.signing, to);
}

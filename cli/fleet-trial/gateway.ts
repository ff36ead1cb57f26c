import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openGateway } from "../../gateway/gateway.ts";
import { openLog } from "../../gateway/process/log.ts";
import { readSettings } from "../../gateway/settings/settings.ts";
import { makeTrialToken } from "../../gateway/settings/trial-token.ts";
import type { TrialBroker } from "./broker.ts";

/** The carrier's gateway with its own database: it archives all reports and judges rollouts. */
export interface TrialGateway extends AsyncDisposable {
  readonly url: URL;
  /** A file with a token of the scope `fleet`. */
  readonly tokenFile: string;
}

/** Starts the gateway at the carriers' listener, with the carrier's key. */
export async function startTrialGateway(
  folder: string,
  { carriers }: TrialBroker,
  carrierKey: string,
): Promise<TrialGateway> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(carriers.authority, name);
  const settings = readSettings({
    MATCHLIGHT_BROKER_URL: carriers.url.href,
    MATCHLIGHT_BROKER_CA: at("ca.crt"),
    MATCHLIGHT_BROKER_CERT: at("carrier.crt"),
    MATCHLIGHT_BROKER_KEY: at("carrier.key"),
    MATCHLIGHT_GATEWAY_KEY: carrierKey,
    MATCHLIGHT_GATEWAY_DATA: folder,
    MATCHLIGHT_GATEWAY_PORT: "0",
  });
  const tokenFile = join(folder, "fleet.token");
  await writeFile(tokenFile, await makeTrialToken(settings, "fleet"), { mode: 0o600 });
  const log = createWriteStream(join(folder, "log.jsonl"));
  const gateway = await openGateway(settings, openLog("info", "gateway", log));
  return {
    url: gateway.url,
    tokenFile,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      log.end();
    },
  };
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDevice } from "../../device/app/device.ts";
import type { Parts } from "../../device/app/parts.ts";
import { openLog } from "../../device/process/log.ts";
import { readConfig } from "../../device/settings/environment.ts";
import type { Light } from "../../drivers/light/light.ts";
import { openGateway } from "../../gateway/gateway.ts";
import type { Sample } from "../../gateway/http/routes/pages.ts";
import { openLog as openGatewayLog } from "../../gateway/process/log.ts";
import { loadCarrierKey } from "../../gateway/settings/keys.ts";
import { readSettings } from "../../gateway/settings/settings.ts";
import { makeTrialToken } from "../../gateway/settings/trial-token.ts";
import { openWhole, type Resources } from "../../protocol/common/disposable-stack.ts";

/** A gateway with its embedded database and broker, and a camera connected to it. All parts are real except the film. */
export interface GatewayStage extends AsyncDisposable {
  readonly url: URL;
  readonly brokerUrl: URL;
  readonly camera: string;
  /** A token for the gateway. */
  token(scope: string): Promise<string>;
  /** Starts the camera. It plays the film for each verification. */
  connectCamera(film: string, light: Light, own?: Partial<Parts>): Promise<void>;
}

const CAMERA = "counter-1";

/**
 * Starts the gateway on free ports, in a folder that is removed at the end.
 * @param samples photos that the counter's page offers
 */
export async function setGatewayStage(
  own: Readonly<Record<string, string>> = {},
  samples: readonly Sample[] = [],
): Promise<GatewayStage> {
  return openWhole((all) => build(all, own, samples));
}

async function build(
  all: Resources,
  own: Readonly<Record<string, string>>,
  samples: readonly Sample[],
): Promise<Omit<GatewayStage, keyof AsyncDisposable>> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-demo-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const settings = readSettings({
    MATCHLIGHT_GATEWAY_DATA: join(folder, "gateway"),
    MATCHLIGHT_GATEWAY_PORT: "0",
    MATCHLIGHT_GATEWAY_BROKER_PORT: "0",
    ...own,
  });
  const { url, brokerUrl } = all.use(await openGateway(settings, openGatewayLog("silent", "demo"), samples));
  return {
    url,
    brokerUrl,
    camera: CAMERA,
    token: (scope) => makeTrialToken(settings, scope),
    async connectCamera(film, light, parts = {}) {
      const { d: _, ...publicKey } = await loadCarrierKey(settings);
      const environment = {
        MATCHLIGHT_BROKER_URL: brokerUrl.href,
        MATCHLIGHT_DEVICE_ID: CAMERA,
        MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
        MATCHLIGHT_CAMERA: `film:${film}`,
        MATCHLIGHT_DATA_DIR: join(folder, "camera"),
        MATCHLIGHT_LOG_LEVEL: "silent",
      };
      all.use(light);
      all.use(await openDevice(readConfig(environment), openLog("silent", CAMERA), { light, ...parts }));
    },
  };
}

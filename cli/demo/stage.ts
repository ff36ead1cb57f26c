import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Carrier, openCarrier } from "../../carrier/client.ts";
import { openDevice } from "../../device/app/device.ts";
import { openLog } from "../../device/process/log.ts";
import { readConfig } from "../../device/settings/environment.ts";
import type { Camera } from "../../drivers/camera/camera.ts";
import { filmCamera } from "../../drivers/film/film-camera.ts";
import type { Light } from "../../drivers/light/light.ts";
import { openWhole, type Resources } from "../../protocol/common/disposable-stack.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startBroker } from "./broker.ts";

/** Broker, device and carrier in one process. All are real; the camera plays films. */
export interface Stage extends AsyncDisposable {
  readonly carrier: Carrier;
  /** The film that the next opening of the camera plays. */
  setFilm(path: string): void;
  /** The number of openings of the camera. */
  openings(): number;
}

const DEVICE = "demo-camera";

export async function setStage(firstFilm: string, light: Light): Promise<Stage> {
  return openWhole((all) => build(all, firstFilm, light));
}

async function build(all: Resources, firstFilm: string, light: Light) {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-demo-"));
  all.onClose(() => rm(folder, { recursive: true, force: true }));
  const broker = all.use(await startBroker());
  const key = await generatePrivateJwk("signing");
  const { d: _, ...publicKey } = key;
  const settings = readConfig({
    MATCHLIGHT_BROKER_URL: broker.url.href,
    MATCHLIGHT_DEVICE_ID: DEVICE,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: `film:${firstFilm}`,
    MATCHLIGHT_DATA_DIR: folder,
    MATCHLIGHT_LOG_LEVEL: "silent",
  });
  const { camera, setFilm, openings } = changingCamera(firstFilm);
  all.use(light);
  all.use(await openDevice(settings, openLog("silent", DEVICE), { camera, light }));
  const carrier = all.use(await openCarrier({ brokerUrl: broker.url, device: DEVICE, key }));
  return { carrier, setFilm, openings };
}

function changingCamera(firstFilm: string) {
  let film = firstFilm;
  let times = 0;
  const camera: Camera = {
    name: "the demonstration's films",
    check: () => filmCamera(film).check(),
    open(sink) {
      times++;
      return filmCamera(film).open(sink);
    },
  };
  const setFilm = (path: string) => {
    film = path;
  };
  return { camera, setFilm, openings: () => times };
}

import type { Test } from "tap";
import { openDevice } from "../../device/app/device.ts";
import { openLog } from "../../device/process/log.ts";
import { readConfig } from "../../device/settings/environment.ts";
import type { Camera } from "../../drivers/camera/camera.ts";
import { filmCamera } from "../../drivers/film/film-camera.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { type GatewayStage, setGatewayStage } from "./gateway.ts";
import { startProxy, type Proxy as Way } from "./proxy.ts";
import { darkLight } from "./stage.ts";

/** A message of the camera, and when a listener at the broker had it. */
export interface Observed {
  readonly topic: string;
  readonly payload: Buffer;
  readonly atMs: number;
}

/** A shop: a camera that plays films, broker, database, gateway, and the way from a browser to it. */
export interface Shop extends GatewayStage {
  readonly camera: string;
  /** Where browsers find the gateway; the way can be cut. */
  readonly way: Way;
  readonly url: string;
  /** What came from the camera over the broker, but for requests to it. */
  readonly messages: readonly Observed[];
  /** What came from the gateway to the browser. */
  readonly answers: readonly Buffer[];
  /** What the camera plays the next time that it is opened. */
  setFilm(path: string): void;
}

const CAMERA = "counter-1";

export async function setShop(t: Test, firstFilm: string, dataFolder: string): Promise<Shop> {
  const stage = await setGatewayStage(t);
  const messages = await listen(t, stage);
  const { camera, setFilm } = changingCamera(firstFilm);
  const { d: _, ...publicKey } = stage.key;
  const settings = readConfig({
    MATCHLIGHT_BROKER_URL: stage.broker.url.href,
    MATCHLIGHT_DEVICE_ID: CAMERA,
    MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
    MATCHLIGHT_CAMERA: `film:${firstFilm}`,
    MATCHLIGHT_DATA_DIR: dataFolder,
  });
  const device = await openDevice(settings, openLog("silent", CAMERA), { light: darkLight, camera });
  t.teardown(() => device[Symbol.asyncDispose]());
  const answers: Buffer[] = [];
  const way = await startProxy(stage.gateway.url, (bytes) => void answers.push(bytes));
  t.teardown(() => way[Symbol.asyncDispose]());
  return { ...stage, camera: CAMERA, way, url: `http://${way.url.host}`, messages, answers, setFilm };
}

async function listen(t: Test, { broker }: GatewayStage): Promise<readonly Observed[]> {
  const messages: Observed[] = [];
  const listener = openMqttClient({ url: broker.url, clientId: "listener", subscribe: ["#"] });
  t.teardown(() => listener[Symbol.asyncDispose]());
  await new Promise<void>((resolve) =>
    listener.start({
      connected: () => resolve(),
      lost: () => undefined,
      message: (topic, payload) => {
        if (!topic.endsWith("/request")) messages.push({ topic, payload: Buffer.from(payload), atMs: Date.now() });
      },
    }),
  );
  return messages;
}

function changingCamera(firstFilm: string) {
  let film = firstFilm;
  const camera: Camera = {
    name: "films",
    check: () => filmCamera(film).check(),
    open: (sink) => filmCamera(film).open(sink),
  };
  const setFilm = (path: string) => {
    film = path;
  };
  return { camera, setFilm };
}

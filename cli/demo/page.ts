import type { Light } from "../../drivers/light/light.ts";
import { chipPhoto } from "./chip.ts";
import { type GatewayStage, setGatewayStage } from "./gateway-stage.ts";
import { loadMedia } from "./media.ts";

/** A shop in one process: a gateway with its database and broker, and a camera that plays a film of a man. */
export interface PageStage extends AsyncDisposable {
  /** The URL of the counter's page, with a token in its fragment. */
  readonly counter: URL;
}

const SHOP = "demo-shop";

export async function setPage(light: Light, port: string, print: (text: string) => void): Promise<PageStage> {
  const media = await loadMedia(print);
  const samples = [
    { name: "film_man", photo: await chipPhoto(media.path("franck_02221.jpg")) },
    { name: "other_man", photo: await chipPhoto(media.path("cage.jpg")) },
  ];
  print("Starting a gateway with a database in this process; this takes some seconds …");
  const stage = await setGatewayStage({ MATCHLIGHT_GATEWAY_PORT: port }, samples);
  try {
    const token = await stage.token("fleet");
    await register(stage, token);
    await stage.connectCamera(media.path("franck.mp4"), light);
    return {
      counter: new URL(`/counter#token=${token}`, stage.url),
      [Symbol.asyncDispose]: stage[Symbol.asyncDispose],
    };
  } catch (error) {
    await stage[Symbol.asyncDispose]();
    throw error;
  }
}

async function register({ url, camera }: GatewayStage, token: string): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ shop: SHOP });
  const answer = await fetch(new URL(`/v1/cameras/${camera}`, url), { method: "PUT", headers, body });
  if (!answer.ok) throw new Error(`the camera was not registered: ${answer.status}`);
}

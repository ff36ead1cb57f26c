import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Device } from "../../../device/app/device.ts";
import { openStore, type Store } from "../../../device/storage/store.ts";
import type { JWK } from "../../../protocol/encoding/tokens.ts";
import { fakePhoto, verificationRequest } from "../gateway.ts";
import { openSynthetic } from "../synthetic-device.ts";
import { until } from "../until.ts";
import type { GatewayProcess } from "./gateway-process.ts";

/** A shop: a camera with a store that can be looked into, and whoever asks it by HTTP. */
export interface Counter extends AsyncDisposable {
  readonly name: string;
  reports(): number;
  unsent(): number;
  /** Asks again and again until `enough` says so. Gives how many requests had no report in time. */
  askOn(enough: () => boolean): Promise<number>;
}

export interface CounterOptions {
  readonly urls: readonly URL[];
  readonly name: string;
  readonly carrier: JWK;
  readonly folder: string;
  readonly gateways: readonly GatewayProcess[];
  /** A token whose scope is the fleet. */
  readonly token: string;
}

const REPORT_WITHIN_MS = 8_000;

export async function openCounter({ urls, name, carrier, folder, gateways, token }: CounterOptions): Promise<Counter> {
  const dataFolder = join(folder, name);
  const store = await openStore(join(dataFolder, "ledger"));
  const device = await openCamera({ urls, name, carrier, dataFolder, store });
  const reports = () => store.count("report/", "report0");
  let turn = 0;
  const ask = async (): Promise<boolean> => {
    const { id, headers, body } = verificationRequest(fakePhoto());
    const init = {
      method: "POST",
      headers: { ...(headers as Record<string, string>), authorization: `Bearer ${token}` },
    };
    for (;;) {
      const url = gateways[turn++ % gateways.length]?.url();
      const signal = AbortSignal.timeout(5_000);
      const path = `/v1/cameras/${name}/verifications`;
      const answer =
        url && (await fetch(new URL(path, url), { ...init, body: body as string, signal }).catch(() => undefined));
      await answer?.arrayBuffer().catch(() => undefined);
      if (answer?.status === 202) break;
      await sleep(200);
    }
    return until(
      () => (store.get(`request/${id}`) as { readonly seq?: number } | undefined)?.seq !== undefined,
      REPORT_WITHIN_MS,
    );
  };
  return {
    name,
    reports,
    unsent: () => store.count("outbox/", "outbox0"),
    async askOn(enough) {
      let unanswered = 0;
      while (!enough()) if (!(await ask())) unanswered++;
      return unanswered;
    },
    async [Symbol.asyncDispose]() {
      await device[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

interface CameraOptions extends Pick<CounterOptions, "urls" | "name" | "carrier"> {
  readonly dataFolder: string;
  readonly store: Store;
}

async function openCamera({ urls, name, carrier, dataFolder, store }: CameraOptions): Promise<Device> {
  const [brokerUrl, ...also] = urls;
  if (!brokerUrl) throw new Error("there is no broker");
  const more = also.length === 0 ? "none" : also.map(({ href }) => href).join(" ");
  const environment = {
    MATCHLIGHT_BROKER_ALSO: more,
    MATCHLIGHT_BROKER_SPREAD_MS: "2000",
    MATCHLIGHT_LOG_LEVEL: "info",
  };
  return (await openSynthetic({ brokerUrl, name, carrier, dataFolder, environment, own: { store } })).device;
}

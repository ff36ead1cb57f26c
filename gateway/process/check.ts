import { readKey } from "../../carrier/request.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { isMigrated } from "../database/migrate.ts";
import { openPostgres } from "../database/server.ts";
import { loadCarrierKey, loadTls, loadTokenIssuer } from "../settings/keys.ts";
import type { Settings } from "../settings/settings.ts";
import { loadEndpoints } from "../webhooks/endpoints.ts";

const CONNECT_WITHIN_MS = 10_000;

/**
 * `--check`: tries all files, keys and servers that the settings name. Returns the exit code. Throws SettingsRefused for a key or
 * file.
 */
export async function check(settings: Settings, print: (text: string) => void): Promise<number> {
  await readKey(await loadCarrierKey(settings));
  await loadTokenIssuer(settings);
  await loadEndpoints(settings.webhooks);
  print("keys: fine");
  const found = [
    await attempt(print, "database", checkDatabase(settings)),
    await attempt(print, "broker", checkBroker(settings)),
  ];
  return found.every(Boolean) ? 0 : 1;
}

async function attempt(print: (text: string) => void, what: string, work: Promise<string>): Promise<boolean> {
  try {
    print(`${what}: ${await work}`);
    return true;
  } catch (error) {
    print(`${what}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}

async function checkDatabase({ database: url }: Settings): Promise<string> {
  if (url === "embedded") return "embedded; the start makes it";
  await using database = openPostgres(url, () => undefined);
  await database.query("select 1");
  return (await isMigrated(database)) ? "fine" : "fine; the start makes or changes its tables";
}

async function checkBroker(settings: Settings): Promise<string> {
  const { broker: url, name } = settings;
  if (url === "embedded") return "embedded";
  const tls = await loadTls(settings);
  await using client = openMqttClient({ url, clientId: `${name}-check`, subscribe: [], ...(tls ? { tls } : {}) });
  return await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no answer")), CONNECT_WITHIN_MS).unref();
    client.start({
      connected: (protocol) => resolve(`fine, MQTT ${protocol === 5 ? "5" : "3.1.1"}`),
      lost: reject,
      message: () => undefined,
    });
  });
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { readSettings, SETTINGS } from "../../gateway/settings/settings.ts";
import { readText } from "../support/sources.ts";

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: readonly string[];
  readonly volumes?: readonly string[];
  readonly build?: { readonly dockerfile: string };
  readonly image?: string;
}

const text = readText("deploy/gateway/docker-compose.yml");
const { services, volumes } = parse(text, { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
};
const gateways = Object.entries(services).filter(([name]) => name.startsWith("gateway-"));

t.test("the gateways' settings are settings, with values that are taken", async (t) => {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable));
  t.equal(gateways.length, 2);
  for (const [name, { environment = {} }] of gateways) {
    for (const variable of Object.keys(environment)) t.ok(known.has(variable), variable);
    const filled = Object.entries(environment).map(([key, value]) => [key, value.replace(/\$\{[^}]+\}/, "secret")]);
    const settings = readSettings(Object.fromEntries(filled));
    t.match(settings, { name, enrolment: "registered", share: { kind: "group" } });
  }
});

t.test("what services name is there", async (t) => {
  for (const [name, service] of Object.entries(services)) {
    for (const other of service.depends_on ?? []) t.ok(other in services, `${name} waits for ${other}`);
    for (const volume of service.volumes ?? []) {
      const [source = ""] = volume.split(":");
      t.ok(source.startsWith("./") || source in volumes, `${name} has ${source}`);
    }
    if (service.build) t.ok(existsSync(join(PACKAGE_FOLDER, service.build.dockerfile)), service.build.dockerfile);
    t.ok(service.build || service.image, `${name} has an image`);
  }
});

t.test("the proxy has both gateways, and keeps what is inside from others", async (t) => {
  const proxy = readText("deploy/gateway/Caddyfile");
  for (const [name] of gateways) t.ok(proxy.includes(`${name}:8080`), name);
  for (const inside of ["/metrics", "/ready", "/live"]) t.ok(proxy.includes(inside), inside);
});

import { createRequire } from "node:module";
import t from "tap";
import { parse } from "yaml";
import { readText } from "../support/sources.ts";

/** balena's own reader of compose files, as its builders run it. */
const compose: Compose = createRequire(import.meta.url)("@balena/compose/dist/parse");

interface Compose {
  normalize(composition: unknown): { readonly version: string; readonly services: Record<string, Service> };
}
type Service = Readonly<Record<string, unknown>>;

const text = readText("docker-compose.yml");
const file = () => parse(text);

/**
 * What balena's supervisor acts on (docs.balena.io, "docker-compose.yml fields"). What is not here it ignores or refuses:
 * a file that relied on it would mean one thing here and another on a camera.
 */
const UNDERSTOOD = [
  ..."build cap_add cap_drop cgroup_parent command cpu_shares cpu_quota cpuset devices depends_on dns dns_opt".split(
    " ",
  ),
  ..."dns_search domainname entrypoint environment expose extra_hosts group_add healthcheck hostname image ipc".split(
    " ",
  ),
  ..."labels mac_address mem_limit mem_reservation network_mode networks oom_kill_disable oom_score_adj pid".split(" "),
  ..."pids_limit ports privileged read_only restart security_opt shm_size stop_grace_period stop_signal sysctls".split(
    " ",
  ),
  ..."tmpfs ulimits user userns_mode volumes".split(" "),
];
const UNDERSTOOD_OF_BUILD = "context dockerfile args cache_from extra_hosts labels shm_size target".split(" ");

/** What an innocent change would bring in, and what becomes of it on balena. */
const USELESS: Readonly<Record<string, unknown>> = {
  env_file: ".env",
  container_name: "matchlight",
  logging: { driver: "json-file" },
  cpus: 1,
  device_cgroup_rules: ["c 81:* rmw"],
  init: true,
  extends: { service: "other" },
  links: ["other"],
  profiles: ["x"],
  deploy: {},
  secrets: ["x"],
  configs: ["x"],
};
const DANGEROUS_LABELS =
  /features\.(balena-socket|balena-api|supervisor-api|dbus|sysfs|procfs|kernel-modules|firmware)/;

interface Composition {
  readonly version?: unknown;
  readonly services?: Readonly<Record<string, Service>>;
}

function problems(composition: Composition): readonly string[] {
  return [
    ...(composition.version === "2.4" ? [] : ["version"]),
    ...(/\$\{?\w/.test(JSON.stringify(composition)) ? ["substitution of variables"] : []),
    ...Object.values(composition.services ?? {}).flatMap(serviceProblems),
  ];
}

function serviceProblems({ build = {}, volumes = [], labels = {}, ...rest }: Service): readonly string[] {
  const named = (volume: unknown) => typeof volume === "string" && /^[a-z][\w-]+:\/[\w/]+(:ro)?$/.test(volume);
  return [
    ...Object.keys(rest).filter((key) => !UNDERSTOOD.includes(key)),
    ...Object.keys(build as object).filter((key) => !UNDERSTOOD_OF_BUILD.includes(key)),
    ...(volumes as unknown[]).filter((volume) => !named(volume)).map(() => "bind mount"),
    ...Object.keys(labels as object).filter((label) => DANGEROUS_LABELS.test(label)),
  ];
}

t.test("docker-compose.yml is read by balena's own parser", async (t) => {
  const { version, services } = compose.normalize(file());
  t.equal(version, "2.4");
  t.match(services["matchlight"], {
    build: { context: ".", dockerfile: "deploy/Dockerfile" },
    volumes: ["matchlight-data:/data"],
    labels: { "io.balena.update.strategy": "download-then-kill" },
  });
  t.throws(() => compose.normalize({ ...file(), version: "3.8" }), /version/);
  const bound = file();
  bound.services.matchlight.volumes = ["/dev:/dev"];
  t.throws(() => compose.normalize(bound), /[Bb]ind mounts/);
});

t.test("it uses nothing that balena ignores or forbids", async (t) => {
  t.same(problems(file()), []);
  for (const [key, value] of Object.entries(USELESS)) {
    const worse = file();
    worse.services.matchlight[key] = value;
    t.same(problems(worse), [key], `${key} would be noticed`);
  }
  const worse = file();
  worse.services.matchlight.volumes.push("./data:/data");
  worse.services.matchlight.labels["io.balena.features.supervisor-api"] = "1";
  worse.services.matchlight.environment = { X: "$" + "{Y}" };
  t.same(problems(worse), ["substitution of variables", "bind mount", "io.balena.features.supervisor-api"]);
});

t.test("it has what a camera in a shop needs, and the reasons of what looks like too much", async (t) => {
  const { matchlight, ...others } = file().services;
  t.same(Object.keys(others), []);
  t.match(matchlight, {
    restart: "always",
    read_only: true,
    tmpfs: ["/run"],
    security_opt: ["no-new-privileges:true"],
  });
  t.match(matchlight.mem_limit, /^\d+m$/);
  t.ok(Number.parseInt(matchlight.stop_grace_period, 10) > 5, "stopping may take 5 s");
  t.notOk("ports" in matchlight || "network_mode" in matchlight, "nothing listens");
  for (const key of ["privileged: true", "user: root"]) t.match(text, new RegExp(`\\n +#[^\\n]+\\.\\n +${key}`), key);
});

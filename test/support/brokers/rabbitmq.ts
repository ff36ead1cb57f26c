import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../broker.ts";
import { type BrokerCluster, type BrokerNode, brokerNode } from "./node.ts";

const NODES = 3;
/** Debian's commands change the user; these are the programs themselves. */
const BIN = "/usr/lib/rabbitmq/bin";

/** Three RabbitMQ nodes with the MQTT plugin, in a cluster of their own with their own port mapper. */
export async function startRabbitMq(): Promise<BrokerCluster> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-rabbitmq-"));
  const mapper = await freePort();
  const mapping = spawn("epmd", ["-port", String(mapper), "-address", "127.0.0.1"], { stdio: "ignore" });
  const cookie = join(folder, ".erlang.cookie");
  await writeFile(cookie, randomBytes(15).toString("hex"));
  await chmod(cookie, 0o400);
  const names = Array.from({ length: NODES }, (_, i) => `matchlight${i}@localhost`);
  const environments: Record<string, string>[] = [];
  const nodes: BrokerNode[] = [];
  for (const [i, name] of names.entries()) {
    const [mqtt, amqp, distribution] = [await freePort(), await freePort(), await freePort()];
    const home = join(folder, `node-${i}`);
    await mkdir(home);
    await writeFile(join(home, "enabled_plugins"), "[rabbitmq_mqtt].\n");
    await writeFile(join(home, "rabbitmq.conf"), configuration(mqtt, amqp, names));
    const environment = {
      HOME: folder,
      ERL_EPMD_PORT: String(mapper),
      ERL_EPMD_ADDRESS: "127.0.0.1",
      RABBITMQ_NODENAME: name,
      RABBITMQ_DIST_PORT: String(distribution),
      RABBITMQ_CONFIG_FILE: join(home, "rabbitmq.conf"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(home, "enabled_plugins"),
      RABBITMQ_MNESIA_BASE: join(home, "mnesia"),
      RABBITMQ_LOG_BASE: join(home, "log"),
      RABBITMQ_PID_FILE: join(home, "pid"),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 +sbwt none",
    };
    environments.push(environment);
    const command = join(BIN, "rabbitmq-server");
    nodes.push(brokerNode({ command, args: [], environment, port: mqtt, readyWithinMs: 120_000 }));
  }
  for (const node of nodes) await node.start();
  return {
    kind: "RabbitMQ, 3 nodes",
    nodes,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node.kill()));
      mapping.kill("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configuration(mqtt: number, amqp: number, names: readonly string[]): string {
  return [
    `listeners.tcp.local = 127.0.0.1:${amqp}`,
    `mqtt.listeners.tcp.local = 127.0.0.1:${mqtt}`,
    "mqtt.allow_anonymous = true",
    "mqtt.default_user = guest",
    "mqtt.default_pass = guest",
    "mqtt.subscription_ttl = 86400000",
    "mqtt.prefetch = 100",
    "cluster_formation.peer_discovery_backend = classic_config",
    "cluster_formation.randomized_startup_delay_range.min = 0",
    "cluster_formation.randomized_startup_delay_range.max = 1",
    ...names.map((name, i) => `cluster_formation.classic_config.nodes.${i + 1} = ${name}`),
    "vm_memory_high_watermark.relative = 0.8",
    "disk_free_limit.absolute = 50MB",
    "",
  ].join("\n");
}

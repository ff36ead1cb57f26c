import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../broker.ts";
import { type BrokerCluster, type BrokerNode, brokerNode } from "./node.ts";

const NODES = 3;

/** Three NATS servers with JetStream and MQTT; sessions and messages are kept by three of three. */
export async function startNats(): Promise<BrokerCluster> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-nats-"));
  const ports: { readonly mqtt: number; readonly client: number; readonly cluster: number; readonly http: number }[] =
    [];
  for (let i = 0; i < NODES; i++)
    ports.push({ mqtt: await freePort(), client: await freePort(), cluster: await freePort(), http: await freePort() });
  const routes = ports.map(({ cluster }) => `nats-route://127.0.0.1:${cluster}`).join(", ");
  const nodes: BrokerNode[] = [];
  for (const [i, { mqtt, client, cluster, http }] of ports.entries()) {
    const config = join(folder, `node-${i}.conf`);
    const store = join(folder, `store-${i}`);
    await mkdir(store);
    await writeFile(
      config,
      `server_name: node-${i}
listen: 127.0.0.1:${client}
http: 127.0.0.1:${http}
max_payload: 8000000
jetstream { store_dir: "${store}", max_mem: 100M, max_file: 2G }
cluster { name: matchlight, listen: 127.0.0.1:${cluster}, routes: [${routes}] }
mqtt { listen: 127.0.0.1:${mqtt}, ack_wait: "10s", max_ack_pending: 1000, stream_replicas: ${NODES} }
`,
    );
    const ready = async () =>
      (await fetch(`http://127.0.0.1:${http}/healthz?js-server-only=true`).catch(() => undefined))?.ok === true;
    nodes.push(brokerNode({ command: "nats-server", args: ["-c", config], port: mqtt, readyWithinMs: 60_000, ready }));
  }
  const cluster: BrokerCluster = {
    kind: "NATS, 3 nodes",
    nodes,
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node.kill()));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(nodes.map((node) => node.start()));
    return cluster;
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

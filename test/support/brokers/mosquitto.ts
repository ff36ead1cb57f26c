import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../broker.ts";
import { type BrokerCluster, brokerNode } from "./node.ts";

/** The folder with an authority and a certificate for the broker, as `make-test-ca.sh` makes it. */
export interface BrokerCertificate {
  readonly folder: string;
}

/** mosquitto as Debian ships it: it writes what it keeps to the disk every half hour and at its end. */
export async function startMosquittoNode(tls?: BrokerCertificate): Promise<BrokerCluster> {
  const folder = await mkdtemp(join(tmpdir(), "matchlight-mosquitto-"));
  const port = await freePort();
  const certificate = tls ? [`certfile ${tls.folder}/broker.crt`, `keyfile ${tls.folder}/broker.key`] : [];
  const config = join(folder, "mosquitto.conf");
  const rules = ["allow_anonymous true", "persistence true", `persistence_location ${folder}/`];
  const limits = ["max_queued_messages 200000", "max_inflight_messages 100"];
  await writeFile(
    config,
    [`listener ${port} 127.0.0.1`, ...certificate, "user root", ...rules, ...limits, ""].join("\n"),
  );
  const protocol = tls ? "mqtts" : "mqtt";
  const node = brokerNode({ command: "mosquitto", args: ["-c", config], port, protocol, readyWithinMs: 10_000 });
  await node.start();
  return {
    kind: "mosquitto",
    nodes: [node],
    async [Symbol.asyncDispose]() {
      await node.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

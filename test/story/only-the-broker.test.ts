import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { openCarrier } from "../../carrier/client.ts";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { media } from "../support/media.ts";
import { askWith, decided } from "../support/stage.ts";

/** What a process has open on the network, by the kernel's own tables: "tcp 127.0.0.1:1883", listening ones too. */
function openSockets(pid: number): readonly string[] {
  const inodes = new Set<string>();
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? [];
      if (inode) inodes.add(inode);
    } catch {
      // Closed between the two looks.
    }
  }
  return ["tcp", "tcp6", "udp", "udp6", "raw", "raw6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => inodes.has(fields[9] ?? ""))
      .map((fields) => `${table} ${address(fields[2] ?? "")}`),
  );
}

/** "0100007F:075B" is 127.0.0.1:1883: the kernel writes addresses byte by byte from the least. */
function address(text: string): string {
  const [ip = "", port = ""] = text.split(":");
  const bytes = ip.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  return `${bytes.length === 4 ? bytes.reverse().join(".") : ip}:${Number.parseInt(port, 16)}`;
}

t.test("the running service has connections to its broker and to nobody else", async (t) => {
  await using broker = await startTestBroker();
  const key = await generatePrivateJwk("signing");
  const { d: _, ...publicKey } = key;
  const service = spawn(process.execPath, [join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js"), "start"], {
    env: {
      PATH: process.env["PATH"],
      MATCHLIGHT_BROKER_URL: broker.url.href,
      MATCHLIGHT_DEVICE_ID: "lonely",
      MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
      MATCHLIGHT_CAMERA: `film:${media.path("franck.mp4")}`,
      MATCHLIGHT_DATA_DIR: join(t.testdir({}), "data"),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid = 0 } = service;
  const seen = new Set<string>();
  let looks = 0;
  const timer = setInterval(() => {
    looks++;
    for (const one of openSockets(pid)) seen.add(one);
  }, 10);
  for await (const line of createInterface({ input: service.stdout })) if (line.includes("broker_connected")) break;
  service.stdout.resume();
  await using carrier = await openCarrier({ brokerUrl: broker.url, device: "lonely", key });
  const { claims } = await carrier.verify(askWith(await chipPhoto(media.path("franck_02221.jpg"))));
  t.equal(decided(claims), "match", "a whole verification, with networks, camera and report");
  await sleep(200);
  clearInterval(timer);
  t.comment(`${looks} looks, seen: ${[...seen].join(", ")}`);
  t.same([...seen], [`tcp ${broker.url.host}`]);
  service.kill("SIGTERM");
  await once(service, "exit");
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { type CarrierError, openCarrier } from "../../carrier/client.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { digest, generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { cannotMount, smallDisk } from "../support/mounts.ts";
import { askWith, decided } from "../support/stage.ts";
import { openSynthetic } from "../support/synthetic-device.ts";
import { until } from "../support/until.ts";

const photo = Buffer.from([0xff, 0xd8, 0xff]);
const NAME = "storage-camera";
const skip = cannotMount();

async function stage(t: Test) {
  const broker = await startTestBroker();
  t.teardown(() => broker[Symbol.asyncDispose]());
  const carrier = await generatePrivateJwk("signing");
  const start = async (dataFolder: string) => {
    const opened = await openSynthetic({ brokerUrl: broker.url, name: NAME, carrier, dataFolder });
    t.teardown(() => opened.device[Symbol.asyncDispose]());
    return opened;
  };
  const ask = async () => {
    const client = await openCarrier({ brokerUrl: broker.url, device: NAME, key: carrier });
    t.teardown(() => client[Symbol.asyncDispose]());
    return client;
  };
  return { start, ask };
}

t.test(
  "a full disk: requests are refused by name, nothing crashes, and it goes on when there is room",
  { skip },
  async (t) => {
    const disk = smallDisk(t, "256k");
    const { start, ask } = await stage(t);
    const { log } = await start(join(disk.folder, "data"));
    const carrier = await ask();
    const first = await carrier.verify(askWith(photo));
    t.equal(decided(first.claims), "match");
    const ballast = join(disk.folder, "ballast");
    const fill = () => {
      for (const size of [16_384, 1_024, 1]) {
        try {
          for (;;) writeFileSync(ballast, Buffer.alloc(size), { flag: "a" });
        } catch {
          // Full at this size; smaller pieces may still fit.
        }
      }
    };
    fill();
    // The last bytes may take a request and not its report, which then waits: that one is answered later.
    let [accepted, refusal]: [number, unknown] = [0, undefined];
    while (accepted < 50 && refusal === undefined) {
      const outcome = await Promise.race([carrier.verify(askWith(photo, 1_000)).catch((error) => error), sleep(2_000)]);
      if (outcome?.code === "refused") refusal = outcome;
      else accepted++;
    }
    t.match(refusal, { code: "refused", refusal: "storage_failed" }, `after ${accepted} more requests`);
    t.equal(log.filter(({ event }) => event === "storage_failed").length, 1, "told once");
    rmSync(ballast);
    t.ok(await until(() => log.some(({ event }) => event === "storage_recovered"), 15_000));
    const next = await carrier.verify(askWith(photo));
    t.equal(next.claims.seq, first.claims.seq + accepted + 1, "every accepted request has its place in the chain");
  },
);

t.test("a read-only data folder: the device comes up, says what is wrong, and waits", { skip }, async (t) => {
  const disk = smallDisk(t, "1m");
  const { start, ask } = await stage(t);
  const data = join(disk.folder, "data");
  const before = await start(data);
  const carrier = await ask();
  const first = await carrier.verify(askWith(photo));
  await before.device[Symbol.asyncDispose]();
  disk.readOnly();
  const { log } = await start(data);
  t.equal(log.filter(({ event }) => event === "storage_failed").length, 1);
  let state = "offline";
  for (let tries = 0; tries < 100 && state === "offline"; tries++) {
    ({ state } = await carrier.status());
    await sleep(50);
  }
  t.equal(state, "faulty");
  await t.rejects(carrier.verify(askWith(photo)), {
    code: "refused",
    refusal: "storage_failed",
  } satisfies Partial<CarrierError>);
  disk.writable();
  t.ok(await until(() => log.some(({ event }) => event === "storage_recovered"), 15_000));
  t.equal((await carrier.verify(askWith(photo))).claims.seq, first.claims.seq + 1);
});

t.test("a damaged file is mended, the fault stands in the status, and the chain goes on", async (t) => {
  const { start, ask } = await stage(t);
  const data = join(t.testdir({}), "data");
  const before = await start(data);
  const carrier = await ask();
  const first = await carrier.verify(askWith(photo));
  await before.device[Symbol.asyncDispose]();
  const file = join(data, "ledger", "two.journal");
  const bytes = readFileSync(file);
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  const { log } = await start(data);
  t.match(
    log.find(({ event }) => event === "storage_damaged"),
    { damaged: 1, lost: 0 },
  );
  t.ok(await until(() => log.some(({ event }) => event === "broker_connected")), "it speaks for itself again");
  const client = await ask();
  t.match(await client.status(), { state: "ready", faults: ["storage_damaged"] });
  t.equal((await client.verify(askWith(photo))).claims.seq, first.claims.seq + 1);
});

t.test(
  "a data folder that cannot be made: the service waits for it, and is not started again and again",
  { skip },
  async (t) => {
    const disk = smallDisk(t, "1m");
    disk.readOnly();
    await using broker = await startTestBroker();
    const { d: _, ...publicKey } = await generatePrivateJwk("signing");
    const service = spawn(process.execPath, [join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js"), "start"], {
      env: {
        PATH: process.env["PATH"],
        MATCHLIGHT_BROKER_URL: broker.url.href,
        MATCHLIGHT_DEVICE_ID: NAME,
        MATCHLIGHT_CARRIER_KEY: JSON.stringify(publicKey),
        MATCHLIGHT_CAMERA: "film:/none",
        MATCHLIGHT_DATA_DIR: join(disk.folder, "data"),
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    service.stdout.on("data", (chunk) => {
      said += String(chunk);
    });
    t.ok(await until(() => said.includes("storage_failed"), 20_000));
    await sleep(1_500);
    t.equal(service.exitCode, null, "it is still there");
    disk.writable();
    t.ok(await until(() => said.includes('"event":"started"'), 30_000));
    t.equal(said.split('"event":"storage_failed"').length, 2, "told once");
    service.kill("SIGTERM");
    const [code] = await once(service, "exit");
    t.equal(code, 0);
  },
);

t.test("a ledger that was removed or restored is told, and the chain goes on without a second beginning", async (t) => {
  const { start, ask } = await stage(t);
  const data = join(t.testdir({}), "data");
  const before = await start(data);
  const carrier = await ask();
  const first = await carrier.verify(askWith(photo));
  await before.device[Symbol.asyncDispose]();
  rmSync(join(data, "ledger"), { recursive: true });
  const { log } = await start(data);
  t.match(
    log.find(({ event }) => event === "storage_damaged"),
    { ledger: "missing", notedSeq: first.claims.seq, seq: 0 },
  );
  t.ok(await until(() => log.some(({ event }) => event === "broker_connected")));
  const client = await ask();
  t.match(await client.status(), { state: "ready", faults: ["storage_damaged"] });
  const { claims } = await client.verify(askWith(photo));
  t.match(claims, { seq: first.claims.seq + 1, prev: digest(first.token) });
});

t.test("a data folder that is removed while the device runs is a fault within seconds", async (t) => {
  const { start, ask } = await stage(t);
  const data = join(t.testdir({}), "data");
  const { log } = await start(data);
  const carrier = await ask();
  await carrier.verify(askWith(photo));
  rmSync(data, { recursive: true });
  t.ok(await until(() => log.some(({ event }) => event === "storage_failed"), 10_000));
  const refusal = await carrier.verify(askWith(photo, 1_000)).catch((error: unknown) => error);
  t.match(refusal, { code: "refused", refusal: "storage_failed" });
  t.match(await carrier.status(), { state: "faulty", faults: ["storage_failed"] });
});

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { openCarrier } from "../../carrier/client.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { generatePrivateJwk } from "../../protocol/encoding/tokens.ts";
import { startTestBroker } from "../support/broker.ts";
import { openSynthetic } from "../support/synthetic-device.ts";

const run = promisify(execFile);
const NAME = "counter-7";
const CLIENT = join(PACKAGE_FOLDER, "docs", "client.py");
/** Debian's own, which has Debian's packages. */
const PYTHON = "/usr/bin/python3";

const missing = await run(PYTHON, ["-c", "import paho.mqtt.client, jwcrypto"]).then(
  () => false as const,
  () => "python3-paho-mqtt or python3-jwcrypto is not installed (Debian: apt-get install)",
);

t.test(
  "a client in another language, written from the contract, gets reports and refusals",
  { skip: missing },
  async (t) => {
    await using broker = await startTestBroker();
    const folder = t.testdir({ photo: Buffer.from([0xff, 0xd8, 0xff]) });
    const key = await generatePrivateJwk("signing");
    const files = { key: join(folder, "key.jwk"), wrong: join(folder, "wrong.jwk"), photo: join(folder, "photo") };
    await writeFile(files.key, JSON.stringify(key));
    await writeFile(files.wrong, JSON.stringify(await generatePrivateJwk("signing")));
    const dataFolder = join(folder, "data");
    const { device } = await openSynthetic({ brokerUrl: broker.url, name: NAME, carrier: key, dataFolder });
    t.teardown(() => device[Symbol.asyncDispose]());
    await using carrier = await openCarrier({ brokerUrl: broker.url, device: NAME, key });
    const pin = (await carrier.identity()).signing.kid;
    const ask = (keyFile: string, ...more: string[]) =>
      run(PYTHON, [CLIENT, "127.0.0.1", broker.url.port, NAME, keyFile, files.photo, ...more]).then(
        ({ stdout }) => ({ code: 0, stdout }),
        ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
      );
    const answered = await ask(files.key, `--pin=${pin}`, "--wait-ms", "5000");
    t.equal(answered.code, 0);
    t.match(JSON.parse(answered.stdout), { iss: NAME, seq: 1, prev: null, decision: "match" });
    const refused = await ask(files.wrong);
    t.equal(refused.code, 1);
    t.match(JSON.parse(refused.stdout), { iss: NAME, code: "bad_signature" });
    t.equal((await ask(files.key, "--pin=-another")).code, 1, "another camera than the pinned one is asked nothing");
  },
);

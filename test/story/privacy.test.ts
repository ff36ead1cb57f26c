import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Writable } from "node:stream";
import t from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { decodePhoto } from "../../device/inference/reference-photo.ts";
import { openLog } from "../../device/process/log.ts";
import { filmCamera } from "../../drivers/film/film-camera.ts";
import { readPack } from "../../models/pack/pack.ts";
import { load } from "../../models/pipeline/recognizer.ts";
import { loadOnnx } from "../../models/runtime/onnx.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { collect } from "../contract/camera.ts";
import { media } from "../support/media.ts";
import { SHIPPED_PACK } from "../support/pack.ts";
import { askWith, decided, setTestStage, TEST_DEVICE } from "../support/stage.ts";

const FILM = media.path("franck.mp4");

/** Everything that must not be found anywhere, as bytes. */
async function secrets(reference: Uint8Array): Promise<Map<string, Buffer>> {
  await using recognizer = await load(await readPack(SHIPPED_PACK), loadOnnx);
  const enrolment = await recognizer.enrol(decodePhoto(reference));
  if (enrolment.kind !== "enrolled") throw new Error("the reference should be usable");
  const frames = await collect(filmCamera(FILM), 3);
  const found = new Map<string, Buffer>([
    ["the reference photo", Buffer.from(reference)],
    ["its pixels", Buffer.from(decodePhoto(reference).data)],
    ["its template", Buffer.from(enrolment.template.buffer)],
  ]);
  for (const { data, sequence } of frames) found.set(`frame ${sequence}`, Buffer.from(data));
  return found;
}

/** The forms in which bytes could be written down: as they are, in base64 (at each of its three alignments), in hex. */
function needles(secret: Buffer): readonly Buffer[] {
  const middle = secret.subarray(Math.floor(secret.length / 2), Math.floor(secret.length / 2) + 48);
  const encoded = [0, 1, 2].map((shift) => middle.subarray(shift, shift + 36).toString("base64"));
  const url = encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [middle, ...[...encoded, ...url, middle.toString("hex")].map((text) => Buffer.from(text))];
}

async function filesOf(folder: string): Promise<readonly Buffer[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map((file) => readFile(join(file.parentPath ?? file.path, file.name))));
}

t.test("after a match no picture, template or reference is in logs, data folder or MQTT traffic", async (t) => {
  const logged: Buffer[] = [];
  const out = new Writable({
    write(chunk, _encoding, done) {
      logged.push(Buffer.from(chunk));
      done();
    },
  });
  const log = openLog("debug", TEST_DEVICE, out);
  const { broker, carrier, dataFolder } = await setTestStage(t, { camera: `film:${FILM}`, log });
  const traffic: { readonly topic: string; readonly payload: Buffer }[] = [];
  await using listener = openMqttClient({ url: broker.url, clientId: "listener", subscribe: ["#"] });
  await new Promise<void>((resolve) =>
    listener.start({
      connected: () => resolve(),
      lost: () => undefined,
      message: (topic, payload) => void traffic.push({ topic, payload: Buffer.from(payload) }),
    }),
  );
  const reference = await chipPhoto(media.path("franck_02221.jpg"));
  const { claims } = await carrier.verify(askWith(reference));
  t.equal(decided(claims), "match");

  const places: readonly (readonly [string, Buffer])[] = [
    ["the log", Buffer.concat(logged)],
    ["the data folder", Buffer.concat(await filesOf(dataFolder))],
    ["the traffic", Buffer.concat(traffic.map(({ payload }) => payload))],
  ];
  for (const [place, bytes] of places) t.ok(bytes.length > 100, `${place}: ${bytes.length} bytes to search`);
  for (const [name, secret] of await secrets(reference)) {
    for (const [place, bytes] of places) {
      t.notOk(
        needles(secret).some((needle) => bytes.includes(needle)),
        `${name} is not in ${place}`,
      );
    }
  }
  const requests = traffic.filter(({ topic, payload }) => topic.endsWith("/request") && payload.length > 100);
  t.equal(requests.length, 1, "the only message that holds the reference");
  t.equal(requests[0]?.payload.toString("latin1").split(".").length, 5, "is sealed");
  const spoken = Buffer.concat(logged).toString("utf8");
  for (const word of ["consent-1", "similarity", "liveness", "notice-1"]) t.notMatch(spoken, word);
});

t.test("the search would find what it looks for", async (t) => {
  const secret = Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 89) % 251));
  const hidden = [secret, Buffer.from(secret.toString("base64")), Buffer.from(secret.toString("hex"))];
  for (const lead of ["", "x", "xy"])
    hidden.push(Buffer.from(Buffer.concat([Buffer.from(lead), secret]).toString("base64url")));
  for (const bytes of hidden) t.ok(needles(secret).some((needle) => bytes.includes(needle)));
});

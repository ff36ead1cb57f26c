import t from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { filmCamera } from "../../drivers/film/film-camera.ts";
import { decodeJpeg } from "../../drivers/image/jpeg.ts";
import type { Aim } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { collect } from "../contract/camera.ts";
import { media } from "../support/media.ts";
import { askWith, decided, setTestStage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const FILM = media.path("franck.mp4");
const reference = await chipPhoto(media.path("franck_02221.jpg"));

t.test("a camera is aimed by numbers; no picture in any form is in the traffic", async (t) => {
  const { broker, carrier } = await setTestStage(t, { camera: `film:${FILM}` });
  const traffic: Buffer[] = [];
  await using listener = openMqttClient({ url: broker.url, clientId: "listener", subscribe: ["#"] });
  await new Promise<void>((resolve) =>
    listener.start({
      connected: () => resolve(),
      lost: () => undefined,
      message: (topic, payload) => void (topic.endsWith("/request") || traffic.push(Buffer.from(payload))),
    }),
  );
  const seen: Aim[] = [];
  t.match(await carrier.aim(3, (aim) => seen.push(aim)), { ended: "time" });
  const faces = seen.filter((one) => one.seen === "one");
  t.ok(faces.length >= 2, `${faces.length} messages with a face`);
  t.ok(faces.length <= 3 * 6, "about five a second");
  t.match(faces[0], { frame: { width: 360, height: 288 }, rotation: 0, light: {}, pose: {}, eyeDistance: Number });
  t.equal(faces[0]?.points?.length, 5);
  t.ok(traffic.length > 3, `${traffic.length} messages to search`);
  const all = Buffer.concat(traffic);
  for (const payload of traffic.filter((one) => one.includes('"frame"'))) {
    t.ok(payload.length < 700, `a message of numbers is small: ${payload.length} bytes`);
    t.notMatch(payload.toString("latin1"), /[A-Za-z0-9+/_-]{48}/, "and holds no long text");
  }
  t.notOk(all.includes(Buffer.from([0xff, 0xd8, 0xff])), "no JPEG");
  t.notOk(all.includes("/9j/"), "no JPEG in base64");
  for (const { data } of await collect(filmCamera(FILM), 3)) {
    const raw = Buffer.from(decodeJpeg(data, 1e7).data);
    for (const bytes of [Buffer.from(data), raw]) {
      const middle = bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 24);
      for (const form of ["base64", "base64url", "hex", "latin1"] as const) {
        t.notOk(all.includes(Buffer.from(middle.toString(form), form === "latin1" ? "latin1" : "utf8")), form);
      }
    }
  }
});

t.test("an aim ends when it is cancelled and when somebody is verified, and is refused meanwhile", async (t) => {
  const { carrier } = await setTestStage(t, { camera: `film:${FILM}` });
  const begun = async () => {
    let first: Aim | undefined;
    const ended = carrier.aim(30, (aim) => {
      first ??= aim;
    });
    await until(() => first !== undefined);
    return { ended, jti: first?.jti ?? "" };
  };
  const one = await begun();
  await carrier.cancel(one.jti, "cancelled");
  t.match(await one.ended, { ended: "cancelled" });
  const two = await begun();
  const verified = carrier.verify(askWith(reference));
  t.match(await two.ended, { ended: "verification" });
  await t.rejects(
    carrier.aim(5, () => undefined),
    { code: "refused", refusal: "busy" },
  );
  t.equal(decided((await verified).claims), "match");
});

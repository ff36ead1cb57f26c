import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { DeviceFault, type FaultCode } from "../../../device/faults.ts";
import { openUprightInference } from "../../../device/inference/upright-inference.ts";
import { systemClock } from "../../../device/process/clock.ts";
import { openLog } from "../../../device/process/log.ts";
import { openDeviceStatus } from "../../../device/status/device-status.ts";
import { openAimSlot } from "../../../device/verification/aim.ts";
import type { Camera } from "../../../drivers/camera/camera.ts";
import { DriverError } from "../../../drivers/errors.ts";
import { openSerialiser } from "../../../protocol/common/serialiser.ts";
import type { Aim, AimClaims } from "../../../protocol/messages/contract.ts";
import { darkLight } from "../../support/stage.ts";
import { syntheticCamera, syntheticInference } from "../../support/synthetic.ts";
import { until } from "../../support/until.ts";

const LOOK_MS = 150;

/** A slot for aims over a camera and networks that the test chooses. */
function aimSlot({ inference = syntheticInference(), camera = syntheticCamera() } = {}) {
  const messages: { readonly aim: Aim; readonly lateMs: number }[] = [];
  const [raised, cleared, fatal]: [FaultCode[], FaultCode[], unknown[]] = [[], [], []];
  const inTurn = openSerialiser();
  const slot = openAimSlot(
    {
      camera,
      inference: openUprightInference(inference, { choice: 0, known: 0, turned: () => undefined }),
      clock: systemClock,
      notifyAim: (aim) => messages.push({ aim, lateMs: systemClock.wallMs() - aim.atMs }),
      log: openLog("silent", "aimed-camera"),
      deviceStatus: {
        ...deviceStatus(),
        raise: (code) => void raised.push(code),
        clear: (...codes) => void cleared.push(...codes),
      },
      fatal: (error) => void fatal.push(error),
    },
    inTurn,
  );
  return { slot, messages, raised, cleared, fatal, inTurn };
}

const deviceStatus = () =>
  openDeviceStatus({ device: "aimed-camera", light: darkLight, statusChanged: () => undefined });
const aimFor = (jti: string) => ({ jti, seconds: 20 }) as AimClaims;

t.test("numbers carry the time of the picture that they describe, however long the look at it takes", async (t) => {
  const inference = {
    ...syntheticInference(),
    async sight() {
      await sleep(LOOK_MS);
      return { kind: "seen" as const, width: 1, height: 1, observation: { kind: "no_face" as const } };
    },
  };
  const { slot, messages } = aimSlot({ inference });
  await slot.begin(aimFor("aim-1"), () => undefined);
  await until(() => messages.length >= 2);
  await slot.end("cancelled");
  const last = messages.pop();
  t.match(last, { aim: { ended: "cancelled" } });
  // A timer may end a millisecond early, and the time is rounded.
  for (const { lateMs } of messages) t.ok(lateMs >= LOOK_MS - 3, `${lateMs} ms after the picture`);
});

t.test("what fails while the camera is aimed is a fault, and of the networks a fatal one", async (t) => {
  const sight = () => Promise.reject(new DeviceFault("inference_failed", "no answer"));
  const broken = aimSlot({ inference: { ...syntheticInference(), sight } });
  await broken.slot.begin(aimFor("aim-1"), () => undefined);
  await until(() => broken.messages.length > 0);
  t.match(broken.messages.at(-1), { aim: { ended: "device_fault" } });
  t.same([broken.raised, broken.fatal.length], [["inference_failed"], 1]);
  const open = () => Promise.reject(new DriverError("gone", "no camera"));
  const unplugged = aimSlot({ camera: { ...syntheticCamera(), open } });
  await unplugged.slot.begin(aimFor("aim-1"), () => undefined);
  await until(() => unplugged.messages.length > 0);
  t.match(unplugged.messages.at(-1), { aim: { ended: "camera_lost" } });
  t.same([unplugged.raised, unplugged.fatal], [["camera_gone"], []]);
});

t.test("a camera that is lost while it is aimed is a fault, and one that is seen is none", async (t) => {
  const seen = async () => ({ kind: "seen" as const, width: 1, height: 1, observation: { kind: "no_face" as const } });
  let lose: () => void = () => undefined;
  const camera: Camera = {
    ...syntheticCamera(),
    open(sink) {
      lose = () => sink.failed(new DriverError("gone", "unplugged"));
      return syntheticCamera().open(sink);
    },
  };
  const { slot, messages, raised, cleared } = aimSlot({ camera, inference: { ...syntheticInference(), sight: seen } });
  await slot.begin(aimFor("aim-1"), () => undefined);
  await until(() => messages.length > 0);
  t.ok(cleared.includes("camera_gone"));
  lose();
  await until(() => messages.some(({ aim }) => aim.ended));
  t.match(messages.at(-1), { aim: { ended: "camera_lost" } });
  t.same(raised, ["camera_gone"]);
});

t.test("networks that fail when the aim is over are a fatal fault", async (t) => {
  const forget = () => Promise.reject(new DeviceFault("inference_failed", "no answer"));
  const { slot, fatal } = aimSlot({ inference: { ...syntheticInference(), forget } });
  await slot.begin(aimFor("aim-1"), () => undefined);
  await slot.end("cancelled");
  t.equal(fatal.length, 1);
});

t.test("of aims that begin at once the last one stays, and none is left when all end", async (t) => {
  let opened = 0;
  const camera: Camera = {
    ...syntheticCamera(),
    async open(sink) {
      opened++;
      await sleep(20);
      const capture = await syntheticCamera().open(sink);
      const close = async () => {
        await capture[Symbol.asyncDispose]();
        opened--;
      };
      return { ...capture, [Symbol.asyncDispose]: close };
    },
  };
  const { slot, messages, inTurn } = aimSlot({ camera });
  const ended = () => messages.filter(({ aim }) => aim.ended).map(({ aim }) => `${aim.jti} ${aim.ended}`);
  const begin = (jti: string) => slot.begin(aimFor(jti), () => undefined);
  await begin("aim-1");
  const beginning = [begin("aim-2"), begin("aim-3")];
  await Promise.all([...beginning, inTurn(() => slot.end("stopping"))]);
  t.equal(opened, 0);
  t.same(ended(), ["aim-1 cancelled", "aim-2 cancelled", "aim-3 stopping"]);
  await begin("aim-4");
  const [cancelled, last] = [begin("aim-5").catch((error: unknown) => error), begin("aim-6")];
  t.same(
    ["aim-5", "aim-4", "aim-1"].map((jti) => slot.cancel(jti)),
    [true, true, false],
  );
  t.match(await cancelled, { code: "cancelled" }, "one that waits does not begin");
  await last;
  t.equal(opened, 1, "the cancel of an earlier aim does not end a later one");
  await inTurn(() => slot.end("stopping"));
  t.same(ended().slice(3), ["aim-4 cancelled", "aim-6 stopping"]);
  const busy = slot.begin(aimFor("aim-7"), () => {
    throw new Error("busy");
  });
  await t.rejects(busy, { message: "busy" });
  t.equal(opened, 0);
});

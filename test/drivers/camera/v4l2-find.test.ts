import { mkdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { choose } from "../../../drivers/camera/v4l2-find.ts";
import { isSame, listNodes, type VideoNode } from "../../../drivers/camera/v4l2-nodes.ts";
import { DriverError } from "../../../drivers/errors.ts";

function camera(number: number, change: Partial<VideoNode["identity"]> = {}, fourcc = "MJPG"): VideoNode {
  const identity = { card: "Webcam A", busInfo: "usb-1", serial: "", ...change };
  const formats = [{ fourcc, description: "", sizes: [] }];
  const description = {
    driver: "d",
    card: identity.card,
    busInfo: identity.busInfo,
    capabilities: 0x4000001,
    formats,
    controls: [],
  };
  return { node: `/dev/video${number}`, identity, description };
}

t.test("any camera, a node, a plug or a serial number", async (t) => {
  const nodes = [
    camera(0, {}, "H264"),
    camera(2, { busInfo: "usb-2" }),
    camera(10, { busInfo: "usb-3", serial: "S9" }),
  ];
  const found = (wish: Parameters<typeof choose>[1]) => choose(nodes, wish, undefined).node;
  t.equal(found({ by: "auto" }), "/dev/video2", "the first that can be used");
  t.equal(found({ by: "node", node: "/dev/video10" }), "/dev/video10");
  t.equal(found({ by: "bus", busInfo: "usb-3" }), "/dev/video10");
  t.equal(found({ by: "serial", serial: "S9" }), "/dev/video10");
  t.throws(() => found({ by: "serial", serial: "S1" }), { code: "gone", message: /serial number S1/ });
  t.throws(() => found({ by: "node", node: "/dev/video0" }), { code: "unsupported", message: /gives only H264/ });
});

t.test("once used, only the same camera is taken, under whatever node", async (t) => {
  const known = camera(0).identity;
  t.equal(
    choose([camera(4, { card: "Webcam B" }), camera(7)], { by: "node", node: "/dev/video0" }, known).node,
    "/dev/video7",
  );
  t.throws(() => choose([camera(4, { card: "Webcam B" })], { by: "auto" }, known), {
    code: "gone",
    message: /Webcam A is not plugged in any more.*to use Webcam B instead, restart/,
  });
});

t.test("a camera with a serial number is the same in another plug; one without is not", async (t) => {
  const withSerial = camera(0, { serial: "S1" }).identity;
  t.ok(isSame(withSerial, { ...withSerial, busInfo: "usb-9" }));
  t.notOk(isSame(withSerial, { ...withSerial, serial: "S2" }));
  t.notOk(isSame(camera(0).identity, camera(0, { busInfo: "usb-9" }).identity));
});

t.test("a node that may not be opened says so, unless another one does", async (t) => {
  const refused = { node: "/dev/video0", error: new DriverError("denied", "no permission") };
  t.throws(() => choose([refused], { by: "auto" }, undefined), { code: "denied" });
  t.equal(choose([refused, camera(1)], { by: "auto" }, undefined).node, "/dev/video1");
});

t.test("nodes are listed by their numbers; a machine without any has none", async (t) => {
  const sysfs = t.testdir({});
  for (const name of ["video10", "video2", "v4l-subdev0"]) mkdirSync(join(sysfs, name));
  t.same(listNodes({ sysfs, dev: "/dev" }), ["/dev/video2", "/dev/video10"]);
  t.same(listNodes({ sysfs: join(sysfs, "nothing"), dev: "/dev" }), []);
});

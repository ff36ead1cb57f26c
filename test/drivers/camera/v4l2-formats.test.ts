import t from "tap";
import type { VideoDescription } from "../../../drivers/addon.ts";
import { attempts, FORMAT_WISH, refusalOf, suitabilityOf } from "../../../drivers/camera/v4l2-formats.ts";

const STREAMING_CAMERA = 0x4000001;

function node(fourccs: readonly string[], capabilities = STREAMING_CAMERA): VideoDescription {
  const formats = fourccs.map((fourcc) => ({ fourcc, sizes: [] }));
  return { card: "c", busInfo: "b", capabilities, formats, controls: [] };
}

t.test("a webcam is told from everything else that has a video node", async (t) => {
  t.same(suitabilityOf(node(["YUYV", "MJPG", "H264"])), { kind: "camera", formats: ["MJPG", "YUYV"] });
  t.same(suitabilityOf(node([], 0x4a00000)), { kind: "other" }, "a metadata node");
  t.same(suitabilityOf(node(["YUYV"], 0x4000002)), { kind: "other" }, "an output");
  t.match(suitabilityOf(node(["YUYV"], 0x1)), { kind: "unusable", why: /cannot stream/ });
});

t.test("what cannot be used is explained, with the way out", async (t) => {
  t.match(suitabilityOf(node(["pBAA", "BA81", "BG10", "RGGB"])), {
    kind: "unusable",
    why: /raw sensor data.*libcamera/,
  });
  t.match(suitabilityOf(node(["NM12"], 0x4001000)), { kind: "unusable", why: /multi-planar.*UVC webcam/ });
  t.match(suitabilityOf(node(["H264"])), { kind: "unusable", why: /gives only H264; use a camera that gives MJPG/ });
});

t.test("formats are asked for in the order of preference, and only those that are offered", async (t) => {
  t.same(attempts(FORMAT_WISH, ["NV12", "MJPG"]), ["MJPG", "NV12"]);
});

t.test("what a driver grants is compared with what was asked", async (t) => {
  const granted = {
    fourcc: "YUYV",
    width: 640,
    height: 480,
    strideBytes: 1280,
    imageBytes: 614_400,
    framesPerSecond: 30,
  };
  t.equal(refusalOf("YUYV", granted), undefined, "another size is fine");
  t.equal(
    refusalOf("YUYV", { ...granted, strideBytes: 1344, imageBytes: 645_120 }),
    undefined,
    "so is a longer stride",
  );
  t.match(refusalOf("MJPG", granted), /asked for MJPG, it gives YUYV/);
  t.match(refusalOf("YUYV", { ...granted, width: 160, height: 120 }), /at least 320×240/);
  t.match(refusalOf("YUYV", { ...granted, strideBytes: 640 }), /too short for 640 pixels/);
  t.match(refusalOf("YUYV", { ...granted, imageBytes: 1000 }), /too small for 640×480/);
  t.match(refusalOf("MJPG", { ...granted, fourcc: "MJPG", imageBytes: 0 }), /how large/);
  t.equal(refusalOf("NV12", { ...granted, fourcc: "NV12", strideBytes: 640, imageBytes: 460_800 }), undefined);
});

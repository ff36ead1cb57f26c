import t from "tap";
import { readCamera, readLight } from "../../../device/settings/hardware-parsers.ts";

t.test("cameras", async (t) => {
  t.match(readCamera("v4l2:auto"), {
    value: { kind: "v4l2", options: { wish: { by: "auto" }, format: { width: 1280 } } },
  });
  t.match(readCamera("v4l2:/dev/video2?size=640x480&fps=15&format=YUYV&power_line_frequency=1"), {
    value: {
      options: {
        wish: { by: "node", node: "/dev/video2" },
        format: { width: 640, height: 480, framesPerSecond: 15, formats: ["YUYV"] },
        controls: { power_line_frequency: 1 },
      },
    },
  });
  t.match(readCamera("v4l2:bus:usb-0000:01:00.0-1.3"), {
    value: { options: { wish: { busInfo: "usb-0000:01:00.0-1.3" } } },
  });
  t.match(readCamera("v4l2:serial:AB-1"), { value: { options: { wish: { serial: "AB-1" } } } });
  t.match(readCamera("v4l2:auto"), { value: { rotate: "auto" } });
  t.match(readCamera("film:a.mjpeg?rotate=270"), { value: { kind: "film", rotate: 270 } });
  for (const wrong of [
    "v4l2:auto?rotate=45",
    "film:a.mjpeg?rotate=up",
    "v4l2",
    "v4l2:video0",
    "v4l2:auto?size=big",
    "v4l2:auto?format=H264",
    "v4l2:auto?gain=much",
    "usb:0",
  ]) {
    t.match(readCamera(wrong), { must: /v4l2:auto/ }, wrong);
  }
});

t.test("lights", async (t) => {
  t.same(readLight("text"), { value: { kind: "text" } });
  t.match(readLight("auto"), { value: { kind: "auto", wiring: { chip: "auto", activeLow: false } } });
  t.match(readLight("gpiochip:pinctrl-rp1?green=GPIO5&red=6&active=low"), {
    value: {
      kind: "gpiochip",
      wiring: {
        chip: "pinctrl-rp1",
        activeLow: true,
        lamps: [
          { lamp: "red", line: "6" },
          { lamp: "green", line: "GPIO5" },
        ],
      },
    },
  });
  t.match(readLight("onoff:x?on=4"), { value: { kind: "onoff", wiring: { lamps: [{ lamp: "on", line: "4" }] } } });
  for (const wrong of [
    "lamp",
    "gpiochip:x?pink=1",
    "auto?red=1&green=1",
    "auto?active=sideways",
    "auto?on=1&red=2&green=3&blue=4",
  ]) {
    t.match(readLight(wrong), { must: /text, or auto/ }, wrong);
  }
});

import t from "tap";
import { decodeJpeg, encodeJpeg } from "../../../drivers/image/jpeg.ts";

t.test("a JPEG of four colours is sound, and is refused as what it is", async (t) => {
  const rgb = Buffer.from(encodeJpeg({ width: 8, height: 8, data: new Uint8Array(192) }, 90));
  const frame = rgb.indexOf(Buffer.from([0xff, 0xc0]));
  // The frame header gets a fourth component of three bytes.
  const header = Buffer.from(rgb.subarray(frame, frame + 19));
  header.writeUInt16BE(20, 2);
  header[9] = 4;
  const cmyk = Buffer.concat([rgb.subarray(0, frame), header, Buffer.from([4, 0x11, 0]), rgb.subarray(frame + 19)]);
  t.throws(() => decodeJpeg(cmyk, 1e6), { code: "unsupported", message: /CMYK/ });
});

import t from "tap";
import { decodeJpeg, encodeJpeg } from "../../../../drivers/image/jpeg.ts";
import { findLandmarks } from "../../../../models/detection/landmarks.ts";
import { findSubject } from "../../../../models/pipeline/face-analysis.ts";
import { likestAPhoto, photoOf } from "../../../../workshop/evaluate/films/reference.ts";
import { wearMask } from "../../../support/masks.ts";
import { media } from "../../../support/media.ts";
import { shippedNetworks } from "../../../support/pack.ts";
import { readPicture } from "../../../support/pictures.ts";

const turned = (yawDegrees: number, pitchDegrees: number, flawed = false) => ({ yawDegrees, pitchDegrees, flawed });

t.test("who looks down is no photo, however little the head is turned to a side", async (t) => {
  t.same(likestAPhoto([turned(0, -12), turned(3, 1), turned(9, 0), turned(-8, 2)]), turned(3, 1));
});

t.test("up and down are counted from what is usual before this camera", async (t) => {
  t.same(likestAPhoto([turned(2, 17), turned(5, 2), turned(3, 18), turned(4, 16)]), turned(2, 17));
});

t.test("a flawed frame is taken only where every frame has a flaw", async (t) => {
  t.same(likestAPhoto([turned(0, 0, true), turned(25, 9)]), turned(25, 9));
  t.same(likestAPhoto([turned(9, 0, true), turned(0, 0, true)]), turned(0, 0, true));
  t.equal(likestAPhoto([]), undefined);
});

t.test("a face with something before the mouth is no photo where the film has a bare one", async (t) => {
  await using networks = await shippedNetworks();
  const bare = await readPicture(media.path("franck_01829.jpg"));
  const presence = await findSubject(networks, bare, [0]);
  if (presence.kind !== "one") throw new Error(presence.kind);
  const landmarks = await findLandmarks(networks.landmarks, bare, presence.face);
  const [plain, masked] = [bare, wearMask(bare, landmarks, "surgical_blue", "low", 1)].map((one) =>
    encodeJpeg(one, 95),
  );
  if (!plain || !masked) throw new Error("two pictures");
  // Every fifth frame is looked at.
  const film = Array.from({ length: 11 }, (_, at) => (at < 10 ? masked : plain));
  const [photo, other] = [await photoOf(networks, film), await photoOf(networks, [plain])];
  t.ok(photo && other);
  t.same(decodeJpeg(photo ?? plain, 1e6).data, decodeJpeg(other ?? plain, 1e6).data);
});

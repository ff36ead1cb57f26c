import t from "tap";
import { openLateEdges } from "../../../device/app/late-edges.ts";

t.test("a part calls one that is opened after it, once that is connected", async (t) => {
  const late = openLateEdges();
  const { storageRecovered, packChanged } = late.calls;
  let calls = 0;
  late.connect("storageRecovered", () => void calls++);
  storageRecovered();
  t.equal(calls, 1);
  t.throws(() => packChanged(), { message: "packChanged was called before it was connected" });
});

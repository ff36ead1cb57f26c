import t from "tap";
import { openResources } from "../../../device/process/disposable-stack.ts";

t.test("what was opened is closed, the last first, though one of them fails", async (t) => {
  const closed: string[] = [];
  const all = openResources();
  for (const name of ["first", "second", "third"]) {
    all.onClose(async () => {
      closed.push(name);
      if (name === "second") throw new Error("it will not close");
    });
  }
  await t.rejects(async () => all[Symbol.asyncDispose](), { message: "it will not close" });
  t.same(closed, ["third", "second", "first"]);
  await all[Symbol.asyncDispose]();
  t.equal(closed.length, 3, "only once");
});

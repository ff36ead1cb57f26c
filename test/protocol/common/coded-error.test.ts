import t from "tap";
import { codedError } from "../../../protocol/common/coded-error.ts";

class LampError extends codedError<"gone" | "busy", { readonly node?: string }>("LampError") {}

t.test("an error has its class's name, a code, its details and its cause", async (t) => {
  const cause = new Error("ENODEV");
  const error = new LampError("gone", "the lamp was unplugged", { node: "/dev/lamp", cause });
  t.ok(error instanceof LampError && error instanceof Error);
  t.match(error, { name: "LampError", code: "gone", message: "the lamp was unplugged", node: "/dev/lamp", cause });
  t.match(error.stack, /^LampError|coded-error\.test/);
});

t.test("without details it has none, and two classes are two", async (t) => {
  class FanError extends codedError<"gone">("FanError") {}
  const error = new LampError("busy", "in use");
  t.notOk("node" in error || "cause" in error);
  t.notOk(error instanceof FanError);
});

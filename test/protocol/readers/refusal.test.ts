import t from "tap";
import { COMMAND_REFUSALS } from "../../../protocol/messages/command-contract.ts";
import { REFUSALS } from "../../../protocol/messages/contract.ts";
import { CommandRefusal } from "../../../protocol/readers/command-reader.ts";
import { Refusal } from "../../../protocol/readers/request-reader.ts";

t.test("requests and commands are refused in one form, each by its own codes", async (t) => {
  const request = new Refusal("busy", "until noon", "request-1");
  t.match(request, { name: "Refusal", code: "busy", jti: "request-1", message: `${REFUSALS.busy}: until noon` });
  const command = new CommandRefusal("failed");
  t.match(command, { name: "CommandRefusal", code: "failed", jti: undefined, message: COMMAND_REFUSALS.failed });
  t.notOk(request instanceof CommandRefusal || command instanceof Refusal);
  t.ok(request instanceof Error);
});

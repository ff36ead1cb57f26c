import { once } from "node:events";
import { registerCamera } from "../../cli/fleet/enrolment/register.ts";

/** A process that registers cameras when its parent says so: the register, their names' beginning, how many. */
const [, , file = "", name = "", count = ""] = process.argv;
process.send?.("ready");
await once(process, "message");
for (let i = 0; i < Number(count); i++) {
  await registerCamera(file, {
    device: `${name}-${i}`,
    shop: "Shop",
    pin: "pin",
    sealing: "sealing",
    enrolledAt: "now",
  });
}
process.disconnect();

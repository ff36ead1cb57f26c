import { loadAddon } from "../../../drivers/addon.ts";
import { gpiochipLight } from "../../../drivers/light/gpiochip-light.ts";
import { onoffLight } from "../../../drivers/light/onoff-light.ts";
import { WIRING } from "./lamps.ts";

/** A process that lights up and waits to be killed. */
const events = { failed: (error: Error) => process.stderr.write(error.message), working: () => undefined };
const light = process.argv[2] === "onoff" ? onoffLight(WIRING, events) : gpiochipLight(loadAddon(), WIRING, events);
light.show({ colour: "amber", meaning: "waiting to be killed", beats: [{ lit: true, forMs: 1000 }] });
process.stdout.write("lit\n");
setInterval(() => undefined, 1000);

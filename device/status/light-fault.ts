import type { LightEvents } from "../../drivers/light/gpio-light.ts";
import type { Log } from "../process/log.ts";
import type { DeviceStatus } from "./device-status.ts";

/** Turns what a light says of itself into a fault. */
export interface LightFault {
  readonly events: LightEvents;
  /** From now on there is somebody to tell; what the light said by then is told at once. */
  tellTo(deviceStatus: DeviceStatus): void;
}

/** A light can fail before there is anything to tell it to. */
export function lightFault(log: Log): LightFault {
  let deviceStatus: DeviceStatus | undefined;
  let broken = false;
  const tell = () => (broken ? deviceStatus?.raise("light_failed") : deviceStatus?.clear("light_failed"));
  return {
    events: {
      failed(error) {
        broken = true;
        log.error({ event: "light_failed", reason: error.message });
        tell();
      },
      working() {
        broken = false;
        log.info({ event: "light_works" });
        tell();
      },
    },
    tellTo(there) {
      deviceStatus = there;
      tell();
    },
  };
}

import type { LightEvents } from "../../drivers/light/gpio-light.ts";
import type { Log } from "../process/log.ts";
import type { DeviceStatus } from "./device-status.ts";

/** Converts the events of a light into a fault. */
export interface LightFault {
  readonly events: LightEvents;
  /** Connects the device status. Earlier events are reported now. */
  attach(deviceStatus: DeviceStatus): void;
}

/** A light can fail before the device status exists. */
export function lightFault(log: Log): LightFault {
  let deviceStatus: DeviceStatus | undefined;
  let broken = false;
  const update = () => (broken ? deviceStatus?.raise("light_failed") : deviceStatus?.clear("light_failed"));
  return {
    events: {
      failed(error) {
        broken = true;
        log.error({ event: "light_failed", reason: error.message });
        update();
      },
      working() {
        broken = false;
        log.info({ event: "light_works" });
        update();
      },
    },
    attach(there) {
      deviceStatus = there;
      update();
    },
  };
}

import { readdir, readFile, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Metrics } from "../../protocol/messages/metrics.ts";

/** Where Linux reports temperature and power. Tests use their own folders. */
interface BoardPlaces {
  readonly dataFolder: string;
  readonly thermal: string;
  readonly hwmon: string;
  readonly firmware: string;
}

/** Paths of the mainline kernel, and of the firmware driver in Raspberry Pi OS and balenaOS. */
export const BOARD_PLACES: Omit<BoardPlaces, "dataFolder"> = {
  thermal: "/sys/class/thermal/thermal_zone0/temp",
  hwmon: "/sys/class/hwmon",
  firmware: "/sys/devices/platform/soc/soc:firmware/get_throttled",
};

/** `get_throttled` (raspberrypi.com, "vcgencmd"): bit 1 frequency capped, bit 2 throttled, bit 3 soft limit of heat. */
const THROTTLED_BITS = 0b1110;

/** Reads the metrics of the board. A metric that the board does not have is left out. */
export async function readBoard(places: BoardPlaces): Promise<Metrics> {
  const [disk, celsius, voltage, throttling] = await Promise.all([
    statfs(places.dataFolder).catch(() => undefined),
    readNumber(places.thermal),
    readUnderVoltage(places.hwmon),
    readNumber(places.firmware, 16),
  ]);
  return {
    residentBytes: process.memoryUsage.rss(),
    ...(disk ? { diskFreeBytes: disk.bavail * disk.bsize } : {}),
    ...(celsius === undefined ? {} : { temperatureCelsius: celsius / 1000 }),
    ...(voltage === undefined ? {} : { underVoltage: voltage }),
    ...(throttling === undefined ? {} : { throttled: (throttling & THROTTLED_BITS) === 0 ? 0 : 1 }),
  };
}

/** Finds the kernel driver raspberrypi-hwmon by its name, because its number changes with each boot. */
async function readUnderVoltage(hwmon: string): Promise<number | undefined> {
  for (const chip of await readdir(hwmon).catch(() => [])) {
    const name = await readFile(join(hwmon, chip, "name"), "utf8").catch(() => "");
    if (name.trim() === "rpi_volt") return readNumber(join(hwmon, chip, "in0_lcrit_alarm"));
  }
  return undefined;
}

async function readNumber(path: string, base = 10): Promise<number | undefined> {
  const value = Number.parseInt(await readFile(path, "utf8").catch(() => ""), base);
  return Number.isNaN(value) ? undefined : value;
}

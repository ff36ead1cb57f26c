import { join } from "node:path";
import t from "tap";
import { readBoard } from "../../../device/status/board-metrics.ts";

t.test("heat and power are read where Linux tells of them", async (t) => {
  const folder = t.testdir({
    temp: "61853\n",
    get_throttled: "50005\n",
    hwmon: {
      hwmon0: { name: "cpu_thermal\n", in0_lcrit_alarm: "9" },
      hwmon3: { name: "rpi_volt\n", in0_lcrit_alarm: "1\n" },
    },
  });
  const at = (name: string) => join(folder, name);
  const places = { dataFolder: folder, thermal: at("temp"), hwmon: at("hwmon"), firmware: at("get_throttled") };
  const metrics = await readBoard(places);
  t.match(metrics, { temperatureCelsius: 61.853, underVoltage: 1, throttled: 1 });
  t.ok((metrics.diskFreeBytes ?? 0) > 0);
});

t.test("what a machine does not tell is left out", async (t) => {
  const nowhere = "/no/such/place";
  const places = { dataFolder: nowhere, thermal: nowhere, hwmon: nowhere, firmware: nowhere };
  t.same(Object.keys(await readBoard(places)), ["residentBytes"]);
});

import { setMaxListeners } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { openBusyFleet } from "../support/dashboard/busy-fleet.ts";
import { CAMERAS, CERTIFICATES, letThingsHappen, serveCustomers } from "../support/dashboard/day.ts";
import { drawDashboard } from "../support/dashboard/draw.ts";
import { fillPanels, readDashboard } from "../support/dashboard/panels.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { countOf, readArguments } from "../support/tool-arguments.ts";

const HELP = `npm run dashboard-picture -- [--minutes 15] [--before 15] [--out docs/pictures/dashboard.svg]

Twelve simulated cameras, a real broker, two gateways, PostgreSQL and Prometheus work for so many minutes, after others that fill
the averages of the dashboard. Shops ask, and things go wrong. Then each panel of deploy/telemetry/dashboard.json is drawn from what
Prometheus answers to its own queries. It is our drawing, not Grafana's. Wants Debian's mosquitto, postgresql and prometheus.
`;

const { values } = readArguments(HELP, {
  options: {
    minutes: { type: "string", default: "15" },
    before: { type: "string", default: "15" },
    out: { type: "string", default: join(PACKAGE_FOLDER, "docs", "pictures", "dashboard.svg") },
  },
});

const SCRAPE_MS = 5_000;

async function picture(minutes: number, before: number): Promise<string> {
  await using fleet = await openBusyFleet({ cameras: CAMERAS, certificates: CERTIFICATES });
  await using prometheus = await startPrometheus(fleet.gateways, SCRAPE_MS);
  if (!prometheus) throw new Error("Prometheus is not installed");
  const over = new AbortController();
  // Each shop waits with it.
  setMaxListeners(2 * CAMERAS.length, over.signal);
  const served = serveCustomers(fleet, over.signal);
  await sleep(before * 60_000);
  const from = Date.now() / 1_000;
  const [happenings] = await Promise.all([letThingsHappen(fleet, minutes * 60), sleep(minutes * 60_000)]);
  const to = Date.now() / 1_000;
  const filled = await fillPanels(readDashboard(), prometheus, { from, to, step: Math.max(5, (minutes * 60) / 120) });
  over.abort();
  await served;
  return drawDashboard("Matchlight: the fleet's dashboard", filled, { from, to, about: ABOUT, happenings });
}

const ABOUT = [
  "Drawn by `npm run dashboard-picture` from the queries of deploy/telemetry/dashboard.json, which a real Prometheus answered; not by Grafana.",
  "Twelve simulated cameras, two gateways, mosquitto and PostgreSQL. Times are UTC; letters say when something happened (below).",
];

const [minutes, before] = [countOf(HELP, "minutes", values.minutes), countOf(HELP, "before", values.before)];
await writeFile(values.out, `${await picture(minutes, before)}\n`);
process.stdout.write(`Wrote ${values.out}\n`);
process.exit();

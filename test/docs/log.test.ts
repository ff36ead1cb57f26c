import t from "tap";
import { FAULTS } from "../../device/faults.ts";
import { HEALTH_RULES } from "../../device/status/health-rules.ts";
import { LOG_EVENTS } from "../support/log-events.ts";
import { productSources } from "../support/product-sources.ts";
import { readText, tableRows } from "../support/sources.ts";

t.test("LOG_EVENTS has every event that the service writes, and no other", async (t) => {
  const written = new Set(
    productSources()
      .filter(({ path }) => path.startsWith("device/"))
      .flatMap(({ text }) => [...text.matchAll(/\bevent: "([a-z_]+)"/g)].map(([, event = ""]) => event)),
  );
  const own = [...written].filter((event) => !(event in FAULTS));
  t.same(Object.keys(LOG_EVENTS).sort(), own.sort());
  t.ok(own.length > 20, `${own.length} events`);
});

t.test(
  "codes of health are no events of their own, and the pages that send people to the log say where they are",
  async (t) => {
    const sources = productSources().filter(({ path }) => path.startsWith("device/"));
    const events = Object.keys(HEALTH_RULES).filter((code) =>
      sources.some(({ text }) => text.includes(`event: "${code}"`)),
    );
    t.same(events, []);
    const row = tableRows(readText("docs/LOG.md")).find(([event]) => event === "`health_changed`");
    t.match(row?.[1], "`codes`");
    const section = readText("docs/FAULTS.md").split("## Who does what")[1]?.split("\n## ")[0] ?? "";
    t.match(section, /codes of health stand in\s`codes` of `health_changed`/);
  },
);

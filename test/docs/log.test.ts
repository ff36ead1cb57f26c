import t from "tap";
import { FAULTS } from "../../device/faults.ts";
import { productSources } from "../support/product-sources.ts";
import { readText, tableRows } from "../support/sources.ts";

t.test("docs/LOG.md has every event that the service writes, and none that it does not", async (t) => {
  const documented = tableRows(readText("docs/LOG.md"))
    .slice(1)
    .map(([event = ""]) => event.replaceAll("`", ""));
  const written = new Set(
    productSources()
      .filter(({ path }) => path.startsWith("device/"))
      .flatMap(({ text }) => [...text.matchAll(/\bevent: "([a-z_]+)"/g)].map(([, event = ""]) => event)),
  );
  const own = [...written].filter((event) => !(event in FAULTS));
  t.same([...documented].sort(), own.sort());
  t.ok(own.length > 20, `${own.length} events`);
});

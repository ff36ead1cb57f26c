import t from "tap";
import { commandSchema } from "../../protocol/messages/command-contract.ts";
import { DECISIONS, HINTS, LIMITS, REASONS, TYPES, topicsOf } from "../../protocol/messages/contract.ts";
import { pagesWithTables } from "../support/docs-tables.ts";
import { readText, tableRows } from "../support/sources.ts";

const unquoted = (cell = "") => cell.replaceAll("`", "");

t.test("the tables of the documents are what the code says; `npm run docs` writes them", async (t) => {
  for (const [path, text] of pagesWithTables()) t.equal(readText(path), text, `${path}: run \`npm run docs\``);
});

t.test("docs/CONTRACT.md has every word of the contract, and none that is not", async (t) => {
  const page = readText("docs/CONTRACT.md");
  const words = new Set(
    tableRows(page).flatMap(([first = ""]) => [...first.matchAll(/`([^`]+)`/g)].map(([, word]) => word)),
  );
  for (const word of [...REASONS, ...Object.keys(topicsOf("root", "device"))]) t.ok(words.has(word), word);
  for (const word of [...HINTS, ...DECISIONS, ...Object.values(TYPES)]) t.ok(page.includes(word), word);
  t.match(page, LIMITS.tokenBytes.toLocaleString("en"));
  t.match(page, `${LIMITS.lifetimeSeconds} s`);
});

t.test("docs/CONTRACT.md has each command", async (t) => {
  const section = readText("docs/CONTRACT.md").split("\n## Commands")[1]?.split("\n### ")[0] ?? "";
  const firsts = tableRows(section).map(([first]) => unquoted(first));
  t.same(firsts.sort(), ["type", ...commandSchema.options.map(({ shape }) => shape.type.value)].sort());
  t.match(section, "CONFIGURATION.md", "which settings can be changed is in the table that is made from the code");
});

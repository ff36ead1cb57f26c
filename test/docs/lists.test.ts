import t from "tap";
import { COMMAND_REFUSALS, commandSchema } from "../../protocol/messages/command-contract.ts";
import { DECISIONS, HINTS, LIMITS, REASONS, REFUSALS, TYPES, topicsOf } from "../../protocol/messages/contract.ts";
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
  const codes: readonly string[] = Object.keys(REFUSALS);
  for (const word of [...codes, ...REASONS, ...Object.keys(topicsOf("root", "device"))]) t.ok(words.has(word), word);
  for (const word of [...HINTS, ...DECISIONS, ...Object.values(TYPES)]) t.ok(page.includes(word), word);
  const after = (heading: string) => tableRows(page.split(heading)[1]?.split("\n## ")[0] ?? "");
  const refusals = after("## Refusal")
    .slice(1)
    .map(([code]) => unquoted(code));
  t.same(refusals.sort(), [...codes].sort(), "no refusal that the code does not know");
  t.match(page, LIMITS.tokenBytes.toLocaleString("en"));
  t.match(page, `${LIMITS.lifetimeSeconds} s`);
});

t.test("docs/CONTRACT.md says what to do for each code of a refused command, and what each command is", async (t) => {
  const section = readText("docs/CONTRACT.md").split("\n## Commands")[1] ?? "";
  const firsts = tableRows(section).map(([first = ""]) => [...first.matchAll(/`([^`]+)`/g)].map(([, word]) => word));
  const types = commandSchema.options.map(({ shape }) => shape.type.value);
  t.same(firsts.flat().sort(), ["type", ...types, ...Object.keys(COMMAND_REFUSALS)].sort());
  t.match(section, "CONFIGURATION.md", "which settings can be changed is in the table that is made from the code");
});

import t from "tap";
import { FAULTS } from "../../device/faults.ts";
import { CHANGEABLE } from "../../device/management/overrides.ts";
import { SETTINGS, type Setting } from "../../device/settings/settings.ts";
import { COMMAND_REFUSALS, commandSchema } from "../../protocol/command-contract.ts";
import { DECISIONS, HINTS, LIMITS, REASONS, REFUSALS, TYPES, topicsOf } from "../../protocol/contract.ts";
import { readText, tableRows } from "../support/sources.ts";

const unquoted = (cell = "") => cell.replaceAll("`", "").replaceAll("&#124;", "|");

t.test("docs/CONFIGURATION.md has each setting with its default and its sentence, in the table's order", async (t) => {
  const rows = tableRows(readText("docs/CONFIGURATION.md")).slice(1);
  const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);
  const wanted = settings.map(({ variable, standard, sentence }) => [variable, standard ?? "must be set", sentence]);
  t.same(
    rows.map((row) => row.map(unquoted)),
    wanted,
  );
});

t.test("docs/FAULTS.md has each fault with its weight, meaning and remedy", async (t) => {
  const rows = tableRows(readText("docs/FAULTS.md")).slice(1);
  const wanted = Object.entries(FAULTS).map(([code, { weight, meaning, remedy }]) => [code, weight, meaning, remedy]);
  t.same(
    rows.map(([code, ...rest]) => [unquoted(code), ...rest]),
    wanted,
  );
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
  for (const name of CHANGEABLE) t.match(section, SETTINGS[name].variable);
});

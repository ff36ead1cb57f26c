import { IntlMessageFormat } from "intl-messageformat";
import t from "tap";
import { isDrawn } from "../../guide/drawing/pictograms.ts";
import { LANGUAGES, languageOf } from "../../guide/words/language.ts";
import { type Catalogue, messagesOf } from "../../guide/words/messages.ts";
import { DECISIONS, HINTS, REASONS, REFUSALS } from "../../protocol/messages/contract.ts";
import { productSources } from "../support/product-sources.ts";
import { readText } from "../support/sources.ts";

const catalogueOf = (language: string): Catalogue => JSON.parse(readText(`guide/catalogues/${language}.json`));

const namesOf = (catalogue: Catalogue) =>
  Object.entries(catalogue).flatMap(([group, messages]) => Object.keys(messages).map((name) => `${group}.${name}`));

for (const language of LANGUAGES) {
  const catalogue = catalogueOf(language);

  t.test(`${language} has words for every code of the contract, for the customer's eyes and for staff`, async (t) => {
    const groups = { hint: HINTS, decision: DECISIONS, reason: REASONS, refusal: Object.keys(REFUSALS) };
    for (const [group, codes] of Object.entries(groups)) {
      for (const code of codes) {
        t.ok(catalogue[group]?.[code], `${group}.${code}`);
        t.ok(catalogue[`${group}_staff`]?.[code], `${group}_staff.${code}`);
      }
    }
  });

  t.test(`${language} has the messages of English, each with the same values`, async (t) => {
    const english = catalogueOf("en");
    t.same(namesOf(catalogue).sort(), namesOf(english).sort());
    for (const [group, messages] of Object.entries(catalogue)) {
      for (const [name, text] of Object.entries(messages)) {
        t.same(argumentsOf(text), argumentsOf(english[group]?.[name] ?? ""), `${group}.${name}`);
      }
    }
  });
}

/** The arguments of a message; throws where it is not ICU. */
function argumentsOf(text: string): readonly string[] {
  const ast = new IntlMessageFormat(text, "en").getAst();
  return ast.flatMap((part) => (part.type !== 0 && "value" in part ? [String(part.value)] : [])).sort();
}

t.test("a message that is not ICU is seen", async (t) => {
  t.throws(() => argumentsOf("{count, plural, one {# face}"));
  t.same(argumentsOf("{b} of {a, plural, other {#}}"), ["a", "b"]);
});

t.test("every hint has a pictogram", async (t) => {
  for (const hint of HINTS) t.ok(isDrawn(hint), hint);
  t.notOk(isDrawn("toString"));
});

t.test("browsers get nothing of protocol/: it is imported as types only", async (t) => {
  const imports = productSources()
    .filter(({ path }) => path.startsWith("guide/"))
    .flatMap(({ text }) => text.match(/^(import|export) .*\/protocol\/.*$/gm) ?? []);
  t.ok(imports.length > 0);
  for (const line of imports) t.match(line, /^import type /);
});

t.test("a language tag chooses its catalogue", async (t) => {
  const expected = { "zh-CN": "zh-CN", zh: "zh-CN", "zh-Hans-HK": "zh-CN", "zh-Hant": "zh-TW", "zh-HK": "zh-TW" };
  for (const [tag, language] of Object.entries({ ...expected, "zh-TW": "zh-TW", en: "en", de: "en", "": "en" })) {
    t.equal(languageOf(tag), language, tag);
  }
});

t.test("values are formatted, and a name without a message is shown as words", async (t) => {
  const messages = messagesOf("en", { aim: { rotated: "turned by {degrees}°" } });
  t.equal(messages.format("aim", "rotated", { degrees: 90 }), "turned by 90°");
  t.equal(messages.format("aim", "upside_down"), "upside down");
});

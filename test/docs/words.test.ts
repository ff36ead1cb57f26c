import { basename } from "node:path";
import t from "tap";
import ts from "typescript";
import { HINTS } from "../../protocol/messages/contract.ts";
import { productSources } from "../support/product-sources.ts";

/** Private words that the code used for what has a name of its own: docs/GLOSSARY.md has the names in use. */
const RETIRED = new Set(
  "front pulse voice wire wired exchange reception inbox tell told telling spare shelf mend mending forge heard hearing traces watch untold ours".split(
    " ",
  ),
);

/** The words of a name: `openFleetTrial`, `fleet-trial.ts` and `FLEET_TRIAL` have the same ones. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z]+/)
    .map((word) => word.toLowerCase());
}

/** Hints are words of the contract, and stay. */
const PUBLIC: ReadonlySet<string> = new Set(HINTS);

const isRetired = (name: string) => !PUBLIC.has(name) && wordsOf(name).some((word) => RETIRED.has(word));

/** The names that a file declares: of types, functions and parameters, variables and fields. */
function declaredNames(path: string, text: string): readonly string[] {
  const names: string[] = [];
  const visit = (node: ts.Node) => {
    if (ts.isIdentifier(node) && "name" in node.parent && node.parent.name === node) names.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true));
  return names;
}

t.test("no file and no name of the product has a retired word", async (t) => {
  t.ok(isRetired("openShelf") && isRetired("SHELF_MS") && isRetired("sorted-shelf.ts"));
  t.notOk(isRetired("forged") || isRetired("frontalDegrees"), "a word is a whole word");
  t.same(declaredNames("a.ts", "const told = 1; call(told);"), ["told"]);
  for (const { path, text } of productSources()) {
    t.notOk(isRetired(basename(path)), path);
    t.same(declaredNames(path, text).filter(isRetired), [], path);
  }
});

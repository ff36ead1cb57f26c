import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import t, { type Test } from "tap";
import { loadEndpoints } from "../../../gateway/webhooks/endpoints.ts";

const secret = `whsec_${"A".repeat(32)}`;
const crm = { name: "crm", url: "https://crm.example/hooks", secrets: [secret] };

async function load(t: Test, content: unknown) {
  const file = join(t.testdir({}), "webhooks.json");
  await writeFile(file, JSON.stringify(content));
  return loadEndpoints(file);
}

t.test("a file names endpoints, and says which are removed", async (t) => {
  t.same(await load(t, [crm, { name: "former", removed: true }]), { kept: [crm], removed: ["former"] });
  t.same(await loadEndpoints(undefined), { kept: [], removed: [] });
});

t.test("a file that cannot be used is refused with the place, and without a secret", async (t) => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [[{ ...crm, secrets: ["whsec_short"] }], /0\.secrets\.0: a secret is/],
    [[{ ...crm, secrets: [] }], /0\.secrets/],
    [[{ ...crm, url: "file:///etc/passwd" }], /0\.url/],
    [[{ ...crm, url: "nonsense" }], /0\.url: Invalid URL/],
    [[{ ...crm, url: "https://user:word@crm.example" }], /0\.url: a user and a password/],
    [[crm, { ...crm, url: "https://other.example" }], /two endpoints have the same name/],
    [[{ ...crm, removed: true }], /0: /],
    [[{ ...crm, retries: 3 }], /0: .*retries/],
    [{ crm }, /array/],
  ];
  for (const [content, why] of cases) {
    const error = await load(t, content).then(
      () => undefined,
      (refused: Error) => refused,
    );
    t.match(error?.message, why);
    t.notMatch(error?.message, /whsec_(short|AAAA)/);
  }
});

import type { Test } from "tap";

/** What a contract suite needs of a test: tap's has it, and so has the small one that runs on the virtual board. */
export interface Suite {
  test(name: string, body: (t: Suite) => Promise<void>): PromiseLike<unknown>;
  ok(value: unknown, name?: string): unknown;
  equal(found: unknown, wanted: unknown, name?: string): unknown;
  same(found: unknown, wanted: unknown, name?: string): unknown;
  rejects(promise: Promise<unknown>, like: { readonly name?: string; readonly code?: string }, name?: string): unknown;
}

/** tap's test as such. */
export function tapSuite(t: Test): Suite {
  return {
    test: (name, body) => t.test(name, (inner) => body(tapSuite(inner))),
    ok: (value, name = "is true") => t.ok(value, name),
    equal: (found, wanted, name = "is equal") => t.equal(found, wanted, name),
    same: (found, wanted, name = "is the same") => t.same(found, wanted, name),
    rejects: (promise, like, name = "rejects") => t.rejects(promise, like as Error, name),
  };
}

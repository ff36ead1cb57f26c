import assert from "node:assert/strict";
import type { Suite } from "../../contract/suite.ts";

/** Tells the machine outside one line of JSON. */
export function tell(line: object): void {
  process.stdout.write(`BOARD ${JSON.stringify(line)}\n`);
}

/** A test of the virtual board, where tap would be more than the whole product: it tells every assertion outside. */
export interface BoardSuite extends Suite {
  failures(): number;
}

export function boardSuite(): BoardSuite {
  let failures = 0;
  const check = (path: string, name: string, assertion: () => void) => {
    const why = reason(assertion);
    if (why !== undefined) failures++;
    tell({ kind: "assert", ok: why === undefined, name: `${path}${name}`, ...(why === undefined ? {} : { why }) });
  };
  /** One test after the other, as tap does; `settled` resolves when all that was begun has ended. */
  const make = (path: string) => {
    let settled = Promise.resolve();
    const perform = async (name: string, body: (t: Suite) => Promise<void>) => {
      const startedMs = performance.now();
      const inner = make(`${path}${name} > `);
      try {
        await body(inner.suite);
      } catch (error) {
        check(path, name, () => {
          throw error;
        });
      }
      await inner.settled();
      tell({ kind: "done", name: `${path}${name}`, tookMs: Math.round(performance.now() - startedMs) });
    };
    const suite: Suite = {
      test(name, body) {
        settled = settled.then(() => perform(name, body));
        return settled;
      },
      ok: (value, name = "is true") => check(path, name, () => assert.ok(value)),
      equal: (found, wanted, name = "is equal") => check(path, name, () => assert.equal(found, wanted)),
      same: (found, wanted, name = "is the same") => check(path, name, () => assert.deepEqual(found, wanted)),
      rejects: async (promise, like, name = "rejects") => check(path, name, await rejection(promise, like)),
    };
    return { suite, settled: () => settled };
  };
  return { ...make("").suite, failures: () => failures };
}

async function rejection(promise: Promise<unknown>, like: object): Promise<() => void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown as Record<string, unknown>,
  );
  const picked = Object.fromEntries(Object.keys(like).map((key) => [key, error?.[key]]));
  return () => assert.deepEqual(picked, like);
}

function reason(assertion: () => void): string | undefined {
  try {
    assertion();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    const cause = error.cause instanceof Error ? ` because: ${error.cause.message}` : "";
    return `${error.message}${cause} ${error.stack?.split("\n")[1] ?? ""}`;
  }
}

/** One step on one device, and its result. */
export interface Step {
  readonly step: string;
  readonly device: string;
  readonly ended: string;
  readonly asExpected: boolean;
}

/** The work of a step. Resolves with its result in words. Throws if the result is wrong. */
export type Work = () => Promise<string>;

/** The steps so far. Each is printed at its end. */
export interface Steps {
  readonly all: readonly Step[];
  /** Runs a step. Resolves with true if it succeeded. */
  step(name: string, device: string, work: Work): Promise<boolean>;
  /** Prints a line during a step. */
  progress(text: string): void;
}

export function recordSteps(print: (text: string) => void): Steps {
  const all: Step[] = [];
  return {
    all,
    progress: (text) => print(`    ${text}`),
    async step(name, device, work) {
      const { words, asExpected } = await work().then(
        (done) => ({ words: done, asExpected: true }),
        (error: unknown) => ({ words: error instanceof Error ? error.message : String(error), asExpected: false }),
      );
      print(`${name.padEnd(34)} ${device.padEnd(10)} ${asExpected ? "" : "WRONG: "}${words}`);
      all.push({ step: name, device, ended: words, asExpected });
      return asExpected;
    },
  };
}

/** Throws Error with the given words if a condition is false. */
export function promise(holds: boolean, broken: string): void {
  if (!holds) throw new Error(broken);
}

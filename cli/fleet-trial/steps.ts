/** One step on one device, and its result. */
export interface Step {
  readonly step: string;
  readonly device: string;
  readonly ended: string;
  readonly asExpected: boolean;
}

/** What is done in a step. Resolves with the result in words, throws if it is not as it must be. */
export type Work = () => Promise<string>;

/** The steps so far: each is printed when it has ended. */
export interface Steps {
  readonly all: readonly Step[];
  /** Resolves with whether it went as it must. */
  step(name: string, device: string, work: Work): Promise<boolean>;
  /** A line of a step that is under way. */
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

/** Throws Error with the words when a promise is broken. */
export function promise(holds: boolean, broken: string): void {
  if (!holds) throw new Error(broken);
}

/** An error class of `codedError`. Its errors have a code for programs, and may have details. */
export interface CodedErrorClass<Code extends string, Details extends object> {
  new (
    code: Code,
    message: string,
    options?: ErrorOptions & Details,
  ): Error & { readonly code: Code } & Readonly<Details>;
}

/**
 * Makes the base of an error class: `class BrokerError extends codedError<BrokerErrorCode>("BrokerError") {}`.
 * The name is given, not taken from the class, because logs show it and a minifier changes classes' names.
 */
export function codedError<Code extends string, Details extends object = object>(
  name: string,
): CodedErrorClass<Code, Details> {
  class CodedError extends Error {
    override readonly name = name;
    readonly code: Code;

    constructor(code: Code, message: string, { cause, ...details }: ErrorOptions & Partial<Details> = {}) {
      super(message, cause === undefined ? undefined : { cause });
      this.code = code;
      Object.assign(this, details);
    }
  }
  return CodedError as unknown as CodedErrorClass<Code, Details>;
}

import { codedError } from "../common/coded-error.ts";

/** Makes the error class of messages that are refused: each code has a meaning, and `detail` says more of the case at hand. */
export function refusal<Code extends string>(name: string, meanings: Readonly<Record<Code, string>>) {
  return class extends codedError<Code>(name) {
    /** The message's id, once it is known to be the sender's own. */
    readonly jti: string | undefined;

    constructor(code: Code, detail = "", jti?: string) {
      super(code, detail ? `${meanings[code]}: ${detail}` : meanings[code]);
      this.jti = jti;
    }
  };
}

import { codedError } from "../common/coded-error.ts";

/** Makes the error class of refused messages. Each code has a meaning; `detail` describes the case. */
export function refusal<Code extends string>(name: string, meanings: Readonly<Record<Code, string>>) {
  return class extends codedError<Code>(name) {
    /** The message's id, if its signature was checked. */
    readonly jti: string | undefined;

    constructor(code: Code, detail = "", jti?: string) {
      super(code, detail ? `${meanings[code]}: ${detail}` : meanings[code]);
      this.jti = jti;
    }
  };
}

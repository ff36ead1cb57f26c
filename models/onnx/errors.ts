/** A network that cannot be read or rewritten, or that fails a check. The message says which part, and why. */
export class QuantiseError extends Error {
  override readonly name = "QuantiseError";
}

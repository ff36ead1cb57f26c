/** A network that cannot be read, rewritten or vouched for. Its message says which part, and why. */
export class QuantiseError extends Error {
  override readonly name = "QuantiseError";
}

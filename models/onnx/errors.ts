/** A network that the forge cannot read, rewrite or vouch for. Its message says which part, and why. */
export class QuantiseError extends Error {
  override readonly name = "ForgeError";
}

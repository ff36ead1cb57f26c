/** Replaces file paths: they do not help an operator, but help an attacker. */
export function withoutPaths(text: string): string {
  return text.replace(/(^|[\s"'(=])\/[^\s"'),;]+/g, "$1…");
}

/** Where the device keeps its files is of no use to an operator, and of use to an attacker. */
export function withoutPaths(text: string): string {
  return text.replace(/(^|[\s"'(=])\/[^\s"'),;]+/g, "$1…");
}

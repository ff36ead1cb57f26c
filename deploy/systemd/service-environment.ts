/** What a unit says of the process that it starts, systemd.exec(5). */
export interface ServiceUnit {
  readonly user: string;
  readonly groups: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly environmentFiles: readonly string[];
}

/** Reads the lines of a unit that matter here. Throws where it names no user. Pure. */
export function readUnit(text: string): ServiceUnit {
  const valuesOf = (key: string) =>
    [...text.matchAll(new RegExp(`^${key}=(.*)$`, "gm"))].map(([, value = ""]) => value);
  const [user] = valuesOf("User");
  if (!user) throw new Error("the unit names no user");
  return {
    user,
    groups: valuesOf("SupplementaryGroups").flatMap((line) => line.split(/\s+/)),
    environment: Object.fromEntries(valuesOf("Environment").flatMap(assignmentsIn)),
    environmentFiles: valuesOf("EnvironmentFile"),
  };
}

function assignmentsIn(line: string): readonly (readonly [string, string])[] {
  return [...line.matchAll(/(\w+)=(\S*)/g)].map(([, name = "", value = ""]) => [name, value]);
}

/** The variables of an environment file: comments, quotes and lines that go on are those of systemd. Pure. */
export function readEnvironmentFile(text: string): Readonly<Record<string, string>> {
  const lines = text.replace(/\\\n/g, "").split("\n");
  const assignments = lines.flatMap((line) => {
    const [, name, value = ""] = /^\s*([A-Za-z_]\w*)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, unquoted(value.trim())] as const];
  });
  return Object.fromEntries(assignments);
}

function unquoted(value: string): string {
  const [, quote, inner = ""] = /^(["'])(.*)\1$/.exec(value) ?? [];
  if (quote === undefined) return value.replace(/\\(.)/g, "$1");
  return quote === "'" ? inner : inner.replace(/\\(["\\$`])/g, "$1");
}

/** The number in the third field of a name's line, in the format of passwd(5) and group(5). Pure. */
export function numberOf(name: string, lines: string): number | undefined {
  const line = lines.split("\n").find((one) => one.startsWith(`${name}:`));
  return line === undefined ? undefined : Number(line.split(":")[2]);
}

/** The primary group of a user, by passwd(5). Pure. */
export function groupOf(user: string, passwd: string): number | undefined {
  const line = passwd.split("\n").find((one) => one.startsWith(`${user}:`));
  return line === undefined ? undefined : Number(line.split(":")[3]);
}

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { becomeUser, type User } from "../image/become.ts";
import { groupOf, numberOf, readEnvironmentFile, readUnit, type ServiceUnit } from "./service-environment.ts";

/**
 * The command `matchlight` of a camera with systemd: with the service's environment, and, started as root, as its user. So
 * `sudo matchlight doctor` examines what the service has, and leaves no file that the service cannot change.
 */
const RELEASE = fileURLToPath(new URL("../../..", import.meta.url));
const unit = readUnit(readFileSync(join(RELEASE, "deploy", "systemd", "matchlight.service"), "utf8"));

const given = { ...process.env };
Object.assign(process.env, unit.environment, ...unit.environmentFiles.map(fileEnvironment), given);
if (process.getuid?.() === 0) becomeUser(userOf(unit));
await import("../../cli/matchlight.ts");

function fileEnvironment(path: string): Readonly<Record<string, string>> {
  try {
    return readEnvironmentFile(readFileSync(path, "utf8"));
  } catch (error) {
    process.stderr.write(
      `matchlight: without the service's settings: ${(error as Error).message}. Run it with sudo.\n`,
    );
    return {};
  }
}

function userOf({ user, groups }: ServiceUnit): User {
  const [passwd, group] = ["/etc/passwd", "/etc/group"].map((path) => readFileSync(path, "utf8")) as [string, string];
  const [uid, gid] = [numberOf(user, passwd), groupOf(user, passwd)];
  if (uid === undefined || gid === undefined) throw new Error(`/etc/passwd has no user ${user}: run install.sh first`);
  return { uid, gid, groups: groups.flatMap((name) => numberOf(name, group) ?? []) };
}

/** Whom to become: numbers, for a container has no name service. */
export interface User {
  readonly uid: number;
  readonly gid: number;
  /** Groups beside its own, for the device nodes it may use. */
  readonly groups: readonly number[];
}

/** Gives root up for ever. Throws when the kernel left anything of it. */
export function becomeUser({ uid, gid, groups }: User): void {
  if (!process.setgroups || !process.setgid || !process.setuid) throw new Error("users are known on Linux only");
  process.setgroups([...groups]);
  process.setgid(gid);
  process.setuid(uid);
  if (process.getuid?.() !== uid || process.geteuid?.() !== uid) throw new Error("root was not given up");
}

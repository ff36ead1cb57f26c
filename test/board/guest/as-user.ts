/**
 * Goes on as the image's entry point, as `docker run --group-add video` starts it: as its user from the first instruction.
 *
 *   node as-user.js <uid> <gid> <group> <entry point> [arguments]
 */
const [node = "", , uid, gid, group, entry = "", ...args] = process.argv;
process.setgroups?.([Number(group)]);
process.setgid?.(Number(gid));
process.setuid?.(Number(uid));
process.argv = [node, entry, ...args];
await import(entry);

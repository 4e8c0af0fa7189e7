import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The user that servers run as. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

const UNPRIVILEGED_USERS = ["postgres", "nobody"];

/**
 * The user to run servers as when this process is root, because PostgreSQL and pgbouncer refuse root: `postgres` where
 * there is one, else `nobody`. `undefined` for any other user: the servers run as that one.
 */
export function serverUser(): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of UNPRIVILEGED_USERS) {
    const account = accounts.find((fields) => fields[0] === name);
    if (account !== undefined) return { uid: Number(account[2]), gid: Number(account[3]) };
  }
  throw new Error(`as root, PostgreSQL needs another user to run as: create one of ${UNPRIVILEGED_USERS.join(", ")}`);
}

/** Whether the server user can pass through `folder`, or through its nearest ancestor that exists, down from the root. */
export function reachableByServerUser(folder: string): boolean {
  const user = serverUser();
  if (user === undefined) return true;
  for (let path = folder; ; path = dirname(path)) {
    const stat = statSync(path, { throwIfNoEntry: false });
    const passes = stat === undefined || (stat.uid === user.uid ? stat.mode & 0o100 : stat.mode & 0o001) !== 0;
    if (!passes) return false;
    if (path === dirname(path)) return true;
  }
}

import { constants, lstatSync, readlinkSync, type Stats } from "node:fs";
import { basename, dirname, join, parse, resolve, sep } from "node:path";

/** What is known of a path without following a link. */
export type Entry = Pick<
  Stats,
  "uid" | "mode" | "nlink" | "isSymbolicLink" | "isDirectory" | "isFile" | "isFIFO" | "isSocket"
> &
  Pick<Stats, "isCharacterDevice" | "isBlockDevice">;

/** The part of the file system that a place is judged by. */
export interface PlaceView {
  /** `undefined` where there is nothing. */
  lstat(path: string): Entry | undefined;
  readlink(path: string): string;
}

/** What is wrong with a place, and what to do. */
export interface PlaceProblem {
  readonly message: string;
  readonly remedy: string;
}

/** A place with all links followed. */
interface ResolvedPlace {
  readonly file: string;
  readonly folder: string;
  /** Whether users without any right of their own can get to the folder. */
  readonly isReachable: boolean;
}

const OTHERS_WRITE = constants.S_IWOTH ?? 0o002;
const OTHERS_READ = constants.S_IROTH ?? 0o004;
const OTHERS_ENTER = constants.S_IXOTH ?? 0o001;
/** In a folder with this bit, such as /tmp, only the owner of a file can replace or remove it. */
const STICKY = 0o1000;
const ROOT = 0;
/** As many as Linux follows. */
const MAX_LINKS = 40;
const SIDECARS = ["-wal", "-shm", "-journal"];

/**
 * Whether another user can put a file, or a link, in the place of the database: then a write may change a file of theirs
 * choosing, and a read may tell what they want it to tell. Judged by what all users may do. What a group may do is left
 * to those who made the group, and root is trusted.
 * @param user the effective user id
 * @returns `undefined` for a place that is safe
 */
export function placeProblem(path: string, user: number, view: PlaceView = FILE_SYSTEM): PlaceProblem | undefined {
  const found = follow(path, user, view);
  if ("problem" in found) return found.problem;
  const { file, folder } = found.place;
  const about = view.lstat(folder);
  const isOpen = about !== undefined && allUsersMay(about, OTHERS_WRITE);
  if (isOpen && (about.mode & STICKY) === 0 && about.uid !== user) {
    return {
      message: `every user can replace files in its folder ${folder}, which belongs to user ${about.uid}`,
      remedy: `Choose a folder that only this user can write to, such as ${join(folder, "aasm")}, which is created.`,
    };
  }
  const database = view.lstat(file);
  if (database !== undefined) {
    if (allUsersMay(database, OTHERS_WRITE) && database.uid !== user) {
      return {
        message: `every user can write to it, and it belongs to user ${database.uid}`,
        remedy: "Change its owner and mode, or choose another path.",
      };
    }
    if (isOpen && database.nlink > 1) {
      return {
        message: `it has ${database.nlink} names, and every user can make one in its folder ${folder}`,
        remedy: "Choose a folder that only this user can write to.",
      };
    }
  }
  for (const suffix of SIDECARS) {
    const beside = `${file}${suffix}`;
    const entry = view.lstat(beside);
    if (entry === undefined) continue;
    if (!entry.isFile()) {
      const what = entry.isSymbolicLink() ? "a symbolic link" : "no regular file";
      return {
        message: `${beside}, which SQLite writes to, is ${what}`,
        remedy: "Find out who placed it, and remove it.",
      };
    }
    if (isOpen && !isTrusted(entry.uid, user, about) && entry.uid !== database?.uid)
      return placed(beside, entry, folder);
  }
  return undefined;
}

/** What people should know of who can read or write a database: nothing where only its owner and its group can. */
export function sharingNotes(path: string, user: number, view: PlaceView = FILE_SYSTEM): string[] {
  const found = follow(path, user, view);
  if ("problem" in found) return [`other users may replace the database: ${found.problem.message}`];
  const { file, folder, isReachable } = found.place;
  if (!isReachable) return [];
  const notes: string[] = [];
  const about = view.lstat(folder);
  if (about !== undefined && allUsersMay(about, OTHERS_WRITE) && (about.mode & STICKY) === 0) {
    notes.push(
      `every user can replace the database: the folder ${folder} has mode ${octal(about)}; run "chmod o-w" on it`,
    );
  }
  if (about === undefined || !allUsersMay(about, OTHERS_ENTER)) return notes;
  for (const name of [file, `${file}-wal`]) {
    const entry = view.lstat(name);
    if (entry === undefined) continue;
    const can = [
      ...(allUsersMay(entry, OTHERS_READ) ? ["read"] : []),
      ...(allUsersMay(entry, OTHERS_WRITE) ? ["write to"] : []),
    ];
    if (can.length === 0) continue;
    notes.push(`every user can ${can.join(" and ")} ${name}, which has mode ${octal(entry)}; run "chmod o-rwx" on it`);
  }
  return notes;
}

/** The file that a path leads to, also when it does not exist. @throws `RangeError` where links lead to each other */
export function fileBehind(path: string, view: PlaceView = FILE_SYSTEM): string {
  const found = walk(path, view, () => undefined);
  if ("problem" in found) throw new RangeError(found.problem.message);
  return found.place.file;
}

/**
 * Each part of a path that lies in a folder to which every user can write must belong to this user, to root or to the
 * folder's owner: all others may have been placed for this process to find.
 */
function follow(path: string, user: number, view: PlaceView): Walked {
  return walk(path, view, (part, entry, at, folder) => {
    const isOpen = folder !== undefined && allUsersMay(folder, OTHERS_WRITE);
    return isOpen && !isTrusted(entry.uid, user, folder) ? placed(part, entry, at) : undefined;
  });
}

type Walked = { readonly place: ResolvedPlace } | { readonly problem: PlaceProblem };
type Check = (part: string, entry: Entry, at: string, folder: Entry | undefined) => PlaceProblem | undefined;

/** Follows a path from the root on, link by link. */
function walk(path: string, view: PlaceView, check: Check): Walked {
  let at = parse(path).root;
  let rest = partsOf(path);
  let isReachable = true;
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const folder = view.lstat(at);
    if (folder !== undefined && !allUsersMay(folder, OTHERS_ENTER)) isReachable = false;
    const next = join(at, name);
    const entry = view.lstat(next);
    if (entry === undefined) {
      const file = join(next, ...rest);
      return { place: { file, folder: dirname(file), isReachable } };
    }
    const problem = check(next, entry, at, folder);
    if (problem !== undefined) return { problem };
    if (!entry.isSymbolicLink()) {
      at = next;
      continue;
    }
    if (++links > MAX_LINKS)
      return { problem: { message: "its path has too many links", remedy: "Choose another path." } };
    const target = resolve(at, view.readlink(next));
    at = parse(target).root;
    rest = [...partsOf(target), ...rest];
  }
  return { place: { file: at, folder: dirname(at), isReachable } };
}

function partsOf(path: string): string[] {
  return path
    .slice(parse(path).root.length)
    .split(sep)
    .filter((part) => part !== "");
}

function isTrusted(owner: number, user: number, folder: Entry | undefined): boolean {
  return owner === user || owner === ROOT || owner === folder?.uid;
}

function placed(path: string, { uid }: Entry, folder: string): PlaceProblem {
  return {
    message: `${basename(path)} in ${folder}, where every user can place files, belongs to user ${uid}`,
    remedy: "Choose a folder that only this user can write to.",
  };
}

function allUsersMay({ mode }: Entry, right: number): boolean {
  return (mode & right) !== 0;
}

function octal({ mode }: Entry): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

const FILE_SYSTEM: PlaceView = {
  lstat: (path) => {
    try {
      return lstatSync(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Behind a folder that cannot be entered nothing can be opened either, and opening says so.
      if (code === "ENOENT" || code === "ENOTDIR" || code === "EACCES") return undefined;
      throw error;
    }
  },
  readlink: (path) => readlinkSync(path),
};

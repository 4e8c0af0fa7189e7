import { constants, type Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";

const { S_IROTH = 0o004, S_IWOTH = 0o002, S_IXOTH = 0o001 } = constants;
/** In a folder with this bit, such as /tmp, only the owner of a file can replace or remove it. */
const STICKY = 0o1000;
const ROOT = 0;

/** Clauses that say who can do what with a file besides its user, root and a group; each is absent where no one else can. */
export interface FileSharing {
  /** That every user can read it. */
  readonly read?: string;
  /** That every user can change it, or put another file in its place. */
  readonly write?: string;
  /** That it belongs to another user. */
  readonly owner?: string;
}

/**
 * What other users can do with a regular file. What a group may do is left to those who made the group.
 * @param user the effective user id; without one, as on Windows, nothing is known
 * @returns an empty object for what is no regular file, such as a pipe, and for what cannot be looked at
 */
export async function sharingOf(path: string, user: number | undefined = process.geteuid?.()): Promise<FileSharing> {
  if (user === undefined) return {};
  try {
    const file = await realpath(path);
    const about = await stat(file);
    if (!about.isFile()) return {};
    const folders = await foldersAbove(file);
    const isForeign = user !== ROOT && about.uid !== user && about.uid !== ROOT;
    const owner = isForeign ? { owner: `${file} belongs to user ${about.uid}, who can change it` } : {};
    return { ...owner, ...readersOf(file, about, folders), ...writersOf(file, about, folders) };
  } catch (error) {
    // The caller reads the file next, and says what is wrong with it.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return {};
  }
}

interface Folder {
  readonly path: string;
  readonly about: Stats;
}

/** Innermost first. */
async function foldersAbove(file: string): Promise<Folder[]> {
  const folders: Folder[] = [];
  for (let path = dirname(file); ; path = dirname(path)) {
    folders.push({ path, about: await stat(path) });
    if (path === dirname(path)) return folders;
  }
}

function readersOf(file: string, about: Stats, folders: readonly Folder[]): Pick<FileSharing, "read"> {
  const canEnter = folders.every((folder) => may(folder.about, S_IXOTH));
  if (!canEnter || !may(about, S_IROTH)) return {};
  return { read: `every user can read ${file}, which has mode ${octal(about)}; run "chmod o-rwx" on it` };
}

function writersOf(file: string, about: Stats, folders: readonly Folder[]): Pick<FileSharing, "write"> {
  if (folders.every((folder) => may(folder.about, S_IXOTH)) && may(about, S_IWOTH)) {
    return { write: `every user can write to ${file}, which has mode ${octal(about)}; run "chmod o-w" on it` };
  }
  for (const [index, folder] of folders.entries()) {
    const isReachable = folders.slice(index).every((outer) => may(outer.about, S_IXOTH));
    if (isReachable && may(folder.about, S_IWOTH) && (folder.about.mode & STICKY) === 0) {
      const mode = octal(folder.about);
      return {
        write: `every user can replace ${file}: the folder ${folder.path} has mode ${mode}; run "chmod o-w" on it`,
      };
    }
  }
  return {};
}

function may({ mode }: Stats, right: number): boolean {
  return (mode & right) !== 0;
}

function octal({ mode }: Stats): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}

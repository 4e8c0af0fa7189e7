import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../errors.js";
import { kindAt } from "./kind.js";
import type { FileRules } from "./regular-file.js";

/**
 * Checks the folders below a root that lead to a path: a link among them would lead out of the root.
 * @param names the folders, outermost first; one that does not exist ends the check
 * @returns whether all exist
 * @throws a `StorageError` naming the first that is no folder of its own; errors of the file system unchanged
 */
export async function requireFoldersBelow(
  root: string,
  names: readonly string[],
  { code = "invalid_argument", location, option, remedy }: FileRules,
): Promise<boolean> {
  let path = root;
  for (const name of names) {
    path = join(path, name);
    let found: Awaited<ReturnType<typeof lstat>>;
    try {
      found = await lstat(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
    if (found.isDirectory()) continue;
    const message = `${path} is ${await kindAt(path, found)}, not a folder`;
    throw new StorageError({ code, location, option, message, remedy });
  }
  return true;
}

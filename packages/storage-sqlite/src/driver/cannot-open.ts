import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import type { StorageErrorInit } from "@agent-assembly/storage-core";

/** SQLite says only "unable to open database file"; the reason is found by looking at the path. */
export function whyCannotOpen(path: string | undefined): Pick<StorageErrorInit, "code" | "message" | "remedy"> {
  if (path === undefined) return { code: "unavailable", message: "the database file cannot be opened" };
  const folder = dirname(path);
  if (!existsSync(folder)) {
    return isHidden(folder)
      ? {
          code: "permission_denied",
          message: "a folder above the database cannot be entered",
          remedy: "Check its permissions.",
        }
      : { code: "not_found", message: "the folder of the database does not exist", remedy: "Create it." };
  }
  if (
    !allows(folder, constants.W_OK | constants.X_OK) ||
    (existsSync(path) && !allows(path, constants.R_OK | constants.W_OK))
  ) {
    return {
      code: "permission_denied",
      message: "the file system refuses access",
      remedy: "Make the file and its folder readable and writable.",
    };
  }
  return {
    code: "unavailable",
    message: "the database file cannot be opened",
    remedy: "Check that the path is a file and that the process may open more files.",
  };
}

/** `existsSync` says no as well when a parent folder may not be entered. */
function isHidden(path: string): boolean {
  try {
    accessSync(path, constants.F_OK);
    return false;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "EACCES" || code === "EPERM";
  }
}

function allows(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { codeOf } from "@agent-assembly/storage-core/backend";
import { refused } from "./parameters.js";

const MAX_BYTES = 1_048_576;

/** A file beside the connection, such as a certificate, and the parameter that names it. */
export interface NamedFile {
  readonly path: string;
  readonly name: string;
  readonly origin: string;
}

/** A path of libpq: `~` is the home folder. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/**
 * The text of a file that a parameter names.
 * @throws `invalid_argument` with the parameter and the path, never what the file holds
 */
export function readNamedFile({ path, name, origin }: NamedFile): string {
  const file = expandHome(path);
  const problem = (text: string): Error => refused(origin, name, `${text}: ${file}`, "Correct the path, or the file.");
  try {
    const found = statSync(file);
    if (!found.isFile()) throw problem("names no regular file");
    if (found.size > MAX_BYTES) throw problem(`names a file of more than ${MAX_BYTES} bytes`);
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || code === "invalid_argument") throw error;
    if (code === "ENOENT" || code === "ENOTDIR") throw problem("names a file that does not exist");
    throw problem(`names a file that cannot be read (${code})`);
  }
}

/** The text of a file that need not be there. @returns `undefined` where it is not */
export function readOptionalFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

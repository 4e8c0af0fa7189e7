import { stat } from "node:fs/promises";
import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { codeOf, describeShape, errorInit, mayHoldSecret, readInput } from "@agent-assembly/storage-core/backend";
import { expandPath, type PathBase } from "../file.js";
import { NAMED_KEYS } from "../keys/walk.js";
import { type ConfigProblem, configError } from "../problem.js";
import type { ConfigSources, ConfigTree } from "../sources.js";
import { setValue } from "./apply.js";

/** No secret of ours is longer. */
const MAX_BYTES = 65_536;
/** Everyone may read the file. */
const OTHERS_READ = 0o004;
/** Where container platforms put secrets, readable for all users of a container, which has one. */
const CONTAINER_SECRETS = /^(?:\/var)?\/run\/secrets\//;

/**
 * Lays the content of files that variables such as `AAASM_DATABASE_URL_FILE` name over the tree, without the newline at its
 * end.
 * @returns what is to be warned of
 * @throws `invalid_argument` naming both variables where both are set; for a file that cannot be read, or is empty
 */
export async function applySecretFiles(
  tree: ConfigTree,
  env: NodeJS.ProcessEnv,
  sources: ConfigSources,
  base: PathBase,
): Promise<ConfigProblem[]> {
  const warnings: ConfigProblem[] = [];
  for (const named of NAMED_KEYS) {
    const { variable, fileVariable = "" } = named;
    const path = env[fileVariable] ?? "";
    if (path === "") continue;
    if ((env[variable] ?? "") !== "") {
      throw configError({
        option: named.path,
        message: `{option} is given twice: by ${variable} and by the file that ${fileVariable} names`,
        remedy: "Unset one of them.",
      });
    }
    const text = await readSecret(path, fileVariable, base);
    setValue(tree, named, { variable: fileVariable, text }, sources);
    const warning = await readableByAll(path, fileVariable, base);
    if (warning !== undefined) warnings.push(warning);
  }
  return warnings;
}

async function readSecret(path: string, variable: string, base: PathBase): Promise<string> {
  const location = { kind: "environment variable", place: variable };
  // Made a path, the secret itself would be shown.
  if (mayHoldSecret(path)) {
    const message = `it must be the path of a file that holds the value, got ${describeShape(path)}`;
    throw configError({ location, message });
  }
  const file = expandPath(path, base);
  const rules = { links: "follow", location, remedy: "Name a regular file." } as const;
  const bytes = await readInput(file, rules, { pipes: "given", maxBytes: MAX_BYTES }).catch((cause: unknown) => {
    throw unreadable(cause, file, location);
  });
  const text = Buffer.from(bytes)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  if (text !== "") return text;
  throw configError({ location, message: `the file ${file} is empty`, remedy: "Write the value into it." });
}

function unreadable(cause: unknown, file: string, location: ConfigProblem["location"]): StorageError {
  if (isStorageError(cause)) return configError(errorInit(cause));
  const code = codeOf(cause);
  const about = { location, cause };
  if (code === "ENOENT" || code === "ENOTDIR") {
    return configError({
      ...about,
      code: "not_found",
      message: `the file ${file} does not exist`,
      remedy: "Create it, or correct the path.",
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = `the file ${file} is not readable for this user`;
    return configError({ ...about, code: "permission_denied", message, remedy: "Check its permissions." });
  }
  return configError({ ...about, message: `the file ${file} cannot be read (${code ?? "unknown reason"})` });
}

async function readableByAll(path: string, variable: string, base: PathBase): Promise<ConfigProblem | undefined> {
  const file = expandPath(path, base);
  if (process.platform === "win32" || CONTAINER_SECRETS.test(file)) return undefined;
  if (((await stat(file)).mode & OTHERS_READ) === 0) return undefined;
  const location = { kind: "environment variable", place: variable };
  return { location, message: `every user of this machine may read the file ${file}`, remedy: "Run chmod 0600 on it." };
}

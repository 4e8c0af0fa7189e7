import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { type ErrorLocation, isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { describeShape, errorInit, parseYaml, readInput } from "@agent-assembly/storage-core/backend";
import { configError } from "./problem.js";
import { type ConfigTree, isTree } from "./sources.js";

/** The file that is read when none is named. */
export const DEFAULT_CONFIG_PATH = "~/.aasm/config.yaml";

/** A file with every key has a few KiB. */
const MAX_CONFIG_BYTES = 1024 * 1024;

/** Where paths lead. */
export interface PathBase {
  /** What relative paths start from; default: the process's working directory. */
  readonly cwd?: string | undefined;
  /** What `~` stands for; default: the home folder of the process's user. */
  readonly home?: string | undefined;
}

/** `~` and `~/…` as the user's home folder; other paths are made absolute. */
export function expandPath(path: string, { cwd = process.cwd(), home = homedir() }: PathBase = {}): string {
  if (path === "~") return home;
  if (path.startsWith("~/") || path.startsWith("~\\")) return join(home, path.slice(2));
  return resolve(cwd, path);
}

/**
 * Reads a YAML file into a tree; an empty file is an empty tree.
 * @param options `optional`: a missing file is `undefined` instead of an error; `namedBy`: the variable with its path
 */
export async function readConfigFile(
  path: string,
  { optional, namedBy }: { readonly optional: boolean; readonly namedBy?: string | undefined },
): Promise<ConfigTree | undefined> {
  let text: string;
  try {
    text = await readText(path);
  } catch (cause) {
    if (isStorageError(cause)) throw configError(errorInit(cause));
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" && optional) return undefined;
    throw unreadable(path, code, cause, namedBy);
  }
  const tree = await readTree(path, text);
  if (tree === null) return {};
  if (!isTree(tree)) {
    const message = `the file must contain a mapping of keys to values, got ${describeShape(tree)}`;
    throw configError({ location: locationOf(path), message });
  }
  return dropEmptySections(tree);
}

/** A link is followed: people keep their configuration elsewhere. A pipe is read when the shell gives one: `<(command)`. */
async function readText(path: string): Promise<string> {
  const remedy = "Name a regular file.";
  const rules = { links: "follow", location: locationOf(path), remedy } as const;
  return Buffer.from(await readInput(path, rules, { pipes: "given", maxBytes: MAX_CONFIG_BYTES })).toString("utf8");
}

/** The document of a file. The parser's own messages quote the source, which may hold a password; its codes do not. */
async function readTree(path: string, text: string): Promise<unknown> {
  const location = locationOf(path);
  const result = await parseYaml(text);
  if (result.kind === "too_large" || result.kind === "not_json") {
    const code = result.kind === "too_large" ? "too_large" : "invalid_argument";
    throw configError({ code, location, message: `the file ${result.problem}`, remedy: "Correct the file." });
  }
  if (result.kind === "mistake") {
    const { code, line, column } = result.mistake;
    const message = `not valid YAML (${code})`;
    throw configError({ location: { ...location, line, column }, message, remedy: "Correct the file." });
  }
  return result.value;
}

function locationOf(path: string): ErrorLocation {
  return { kind: "configuration file", place: path };
}

function unreadable(path: string, code: string | undefined, cause: unknown, namedBy?: string): StorageError {
  const about = { location: locationOf(path), cause };
  if (code === "ENOENT") {
    const remedy = `Create it or name another one${namedBy === undefined ? "" : ` in ${namedBy}`}.`;
    return configError({ ...about, code: "not_found", message: "the file does not exist", remedy });
  }
  if (code === "EACCES" || code === "EPERM") {
    const message = "the file is not readable for this user";
    return configError({ ...about, code: "permission_denied", message, remedy: "Check its permissions." });
  }
  return configError({ ...about, message: `the file cannot be read (${code ?? "unknown reason"})` });
}

/** `storage:` with everything under it commented out reads as null in YAML; to its author it is an absent section. */
function dropEmptySections(tree: ConfigTree): ConfigTree {
  return Object.fromEntries(
    Object.entries(tree)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, isTree(value) ? dropEmptySections(value) : value]),
  );
}

import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import type { Context } from "../../../context.js";

/** Something to import. */
export interface Source {
  /** As it is shown. */
  readonly name: string;
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** Found in a folder that was named: it may be something else. */
  readonly found: boolean;
  /** A file that a pattern matches: others may come. */
  readonly matched?: boolean;
  /** A file, which can be opened again; not a pipe. */
  readonly reopens: boolean;
}

/** An argument that stands for no source, and why. */
export interface MissingSource {
  readonly name: string;
  readonly reason: string;
}

/** Names of files that are taken out of a folder; others can be named themselves. */
const IN_FOLDERS = "**/*.{json,jsonl,ndjson,csv,traj}{,.gz,.zst}";
const NAME_IN_FOLDERS = /\.(?:jsonl?|ndjson|csv|traj)(?:\.gz|\.zst)?$/;

/**
 * The sources that the arguments name: files, folders with all below them, patterns, and `-`. Each is named once, those of a
 * folder or pattern in the order of their paths.
 */
export async function findSources(
  { resolvePath }: Pick<Context, "resolvePath">,
  args: readonly string[],
): Promise<(Source | MissingSource)[]> {
  const found: (Source | MissingSource)[] = [];
  const seen = new Set<string>();
  for (const arg of args) {
    for (const source of await expand(resolvePath, arg)) {
      const key = "file" in source ? source.file : source.name;
      if (!seen.has(key)) found.push(source);
      seen.add(key);
    }
  }
  return found;
}

async function expand(resolvePath: Context["resolvePath"], arg: string): Promise<(Source | MissingSource)[]> {
  if (arg === "-") return [{ name: "standard input", file: "-", found: false, reopens: false }];
  const path = resolvePath(arg);
  // What keeps it from being looked at keeps it from being opened, which says why.
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory() === true) {
    const files = await glob(IN_FOLDERS, { cwd: path, dot: true, expandDirectories: false });
    const sources = [
      ...files.map((file) => ({ name: join(arg, file), file: join(path, file), found: true, reopens: true })),
      ...(await oddIn(path, arg)),
    ].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    if (sources.length > 0) return sources;
    return [
      {
        name: arg,
        reason: "the folder holds no file that ends in .json, .jsonl, .ndjson, .csv or .traj (.gz, .zst); name files",
      },
    ];
  }
  if (info !== undefined || !isDynamicPattern(arg)) {
    return [{ name: arg, file: path, found: false, reopens: info?.isFile() === true }];
  }
  const files = await glob(arg, { cwd: resolvePath("."), dot: true, expandDirectories: false });
  if (files.length === 0) return [{ name: arg, reason: "no file matches the pattern" }];
  return files
    .toSorted()
    .map((file) => ({ name: file, file: resolvePath(file), found: false, matched: true, reopens: true }));
}

/** What is below a folder under the name of a source, and is neither a file nor a folder: it is not left out in silence. */
async function oddIn(path: string, shown: string): Promise<MissingSource[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => error.code ?? "unknown error",
  );
  if (typeof entries === "string") return [{ name: shown, reason: `has a folder that cannot be read (${entries})` }];
  const odd = entries.filter((entry) => !entry.isFile() && !entry.isDirectory() && NAME_IN_FOLDERS.test(entry.name));
  const found = await Promise.all(
    odd.map(async (entry): Promise<MissingSource[]> => {
      const file = join(entry.parentPath, entry.name);
      const name = join(shown, relative(path, file));
      const info = await stat(file).catch((error: NodeJS.ErrnoException) => error.code ?? "unknown error");
      if (typeof info === "string") return [{ name, reason: `cannot be looked at (${info}): it may be a broken link` }];
      const isOdd = !info.isFile() && !info.isDirectory();
      return isOdd ? [{ name, reason: "is no regular file: name it, if it is to be read" }] : [];
    }),
  );
  return found.flat();
}

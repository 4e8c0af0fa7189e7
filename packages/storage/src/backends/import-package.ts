import nodeModule from "node:module";
import { dirname, isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import { installRemedy } from "@agent-assembly/storage-core/backend";
import { moduleResolve } from "import-meta-resolve";
import { BACKEND_NAMES, isModulePath } from "./names.js";

const CONDITIONS = new Set(["node", "import"]);

/**
 * Imports a package as the application would: from the working folder, from the folder of the program that runs, and
 * from this package. A path starts from the working folder.
 * @throws `unsupported` naming the folders that were searched, when it is in none of them; `invalid_argument` where the
 *   name has no scope, and so may be a mistake
 */
export async function importPackage(name: string): Promise<unknown> {
  const isPath = isModulePath(name);
  const folders = isPath ? [process.cwd()] : searched();
  let cause: unknown;
  for (const folder of folders) {
    try {
      // A bundler cannot know the name, and leaves this to Node.js.
      return await import(/* webpackIgnore: true */ /* @vite-ignore */ resolveFrom(name, folder));
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      cause = error.cause;
    }
  }
  throw notFound(name, folders, cause);
}

function notFound(name: string, folders: readonly string[], cause: unknown): StorageError {
  const where = `cannot be found from ${folders.join(" or ")}`;
  const failed = (code: StorageErrorCode, message: string, remedy?: string): StorageError =>
    new StorageError({ code, message, remedy, operation: "open", cause });
  if (isModulePath(name)) return failed("unsupported", `the module ${name} ${where}`, "Correct the path.");
  if (name.startsWith("@")) {
    return failed("unsupported", `the package ${name} ${where}`, installRemedy(name));
  }
  // Such a name may as well be a mistake, and then what happens to have it should not be installed.
  const allowed = `${BACKEND_NAMES.map((one) => JSON.stringify(one)).join(", ")}, or an installed package that exports backendModule`;
  return failed("invalid_argument", `a package ${JSON.stringify(name)} ${where}; allowed: ${allowed}`);
}

/** The program is what the application is installed with where the working folder is another one. */
function searched(): string[] {
  const program = process.argv[1];
  const folders = [
    process.cwd(),
    ...(program === undefined ? [] : [dirname(program)]),
    // A CommonJS bundle has no place of its own.
    ...(import.meta.url === undefined ? [] : [dirname(fileURLToPath(import.meta.url))]),
  ];
  return [...new Set(folders)];
}

class NotFound extends Error {}

function resolveFrom(name: string, folder: string): string {
  const plugAndPlay = findPnpApi?.(`${folder}/`);
  if (plugAndPlay !== undefined && plugAndPlay !== null && !isModulePath(name)) {
    return resolveIn(plugAndPlay, name, folder);
  }
  const specifier = isAbsolute(name) ? pathToFileURL(name).href : name;
  try {
    return moduleResolve(specifier, pathToFileURL(join(folder, "index.js")), CONDITIONS).href;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new NotFound(name, { cause });
  }
}

/** What Yarn's Plug'n'Play adds to Node.js, in part. */
interface PlugAndPlay {
  resolveRequest(name: string, issuer: string, options: { readonly conditions: ReadonlySet<string> }): string | null;
}

/** Present where a program was started with Plug'n'Play, which has no `node_modules` to search. */
const { findPnpApi } = nodeModule as unknown as {
  readonly findPnpApi?: (folder: string) => PlugAndPlay | null;
};

function resolveIn(plugAndPlay: PlugAndPlay, name: string, folder: string): string {
  try {
    return pathToFileURL(plugAndPlay.resolveRequest(name, `${folder}/`, { conditions: CONDITIONS }) ?? name).href;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw cause;
    throw new NotFound(name, { cause });
  }
}

import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { type BackendModule, installRemedy } from "@agent-assembly/storage-core/backend";
import { parseBackendModule } from "./check-module.js";
import { requireNode } from "./node-version.js";

/** Imports a module by the name of its package, or by its path; a test passes its own. */
export type ModuleImporter = (name: string) => Promise<unknown>;

/** The packages of the backends that have a name of their own. */
const PACKAGES: Readonly<Record<string, string>> = {
  sqlite: "@agent-assembly/storage-sqlite",
  postgres: "@agent-assembly/storage-postgres",
  memory: "@agent-assembly/storage-core/memory",
  redis: "@agent-assembly/state-redis",
};

/**
 * Names are written out, because a bundler follows nothing else, and imported inside a `try`: there a bundler takes a
 * package that is not installed for one that may be missing.
 */
export const importModule: ModuleImporter = async (name) => {
  try {
    switch (name) {
      case "@agent-assembly/storage-sqlite":
        return await import("@agent-assembly/storage-sqlite");
      case "@agent-assembly/storage-postgres":
        return await import("@agent-assembly/storage-postgres");
      case "@agent-assembly/storage-core/memory":
        return await import("@agent-assembly/storage-core/memory");
      case "@agent-assembly/state-redis":
        return await import("@agent-assembly/state-redis");
      default:
        return await (await import("./import-package.js")).importPackage(name);
    }
  } catch (cause) {
    throw isMissing(cause, name) ? notInstalled(name, cause) : cause;
  }
};

/**
 * The module of a backend: a name of ours, a package, a path, or the module itself.
 * @throws `unsupported` when Node.js is too old, the package is not installed, exports no backend module, or one of another
 *   version or shape
 */
export async function loadBackendModule(
  backend: string | BackendModule,
  load: ModuleImporter = importModule,
): Promise<BackendModule> {
  requireNode();
  if (typeof backend !== "string") return parseBackendModule(backend, "the given backend module");
  const name = Object.hasOwn(PACKAGES, backend) ? (PACKAGES[backend] as string) : backend;
  let exported: unknown;
  try {
    exported = await load(name);
  } catch (cause) {
    throw isMissing(cause, name) ? notInstalled(name, cause) : notLoaded(name, cause);
  }
  const { backendModule = inDefault(exported), ...others } = exported as Record<string, unknown>;
  if (backendModule !== undefined) return parseBackendModule(backendModule, name);
  const found = Object.keys(others).join(", ") || "nothing";
  throw new StorageError({
    code: "unsupported",
    message: `${name} exports no backendModule (it exports ${found})`,
    remedy: `${howToExport(others)} Else install a version that does, or name another backend.`,
    operation: "open",
  });
}

/** For the author of the package. */
function howToExport(exported: Readonly<Record<string, unknown>>): string {
  const nearest = Object.keys(exported).find((key) => looksLikeModule(exported[key]));
  if (nearest === undefined) {
    return "If the package is yours, export backendModule, an object with version, name and open (BackendModule of @agent-assembly/storage-core/backend).";
  }
  const what = nearest === "default" ? "the default export" : nearest;
  return `If the package is yours, export ${what} as backendModule.`;
}

function looksLikeModule(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { version, name, open, state } = value as Partial<Record<keyof BackendModule, unknown>>;
  return typeof version === "number" && typeof name === "string" && (open !== undefined || state !== undefined);
}

/** Node.js does not find every export of a CommonJS module; all are in its default export. */
function inDefault(exported: unknown): unknown {
  const { default: module } = exported as { readonly default?: { readonly backendModule?: unknown } | null };
  return module?.backendModule;
}

function notInstalled(name: string, cause: unknown): StorageError {
  return new StorageError({
    code: "unsupported",
    message: `the package ${name} is not installed`,
    remedy: installRemedy(name),
    operation: "open",
    cause,
  });
}

/** An error of the module itself, such as a syntax error, does not say which module it is of. */
function notLoaded(name: string, cause: unknown): unknown {
  if (isStorageError(cause)) return cause;
  const message = `${name} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new StorageError({ code: "unsupported", message, operation: "open", cause });
}

/** Only the package itself missing counts; a broken installation of it must show its own error. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code, message } = error as NodeJS.ErrnoException;
  // Yarn's Plug'n'Play says which dependency it lacks; its message has the file that was asked for.
  const { dependencyName } = (error as { readonly data?: { readonly dependencyName?: unknown } }).data ?? {};
  // Vite puts an error without a code in the place of an optional peer that was missing when it built.
  const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || /^Could not resolve /.test(message);
  if (!missing) return false;
  return dependencyName === packageName || message.includes(`'${packageName}'`) || message.includes(`"${packageName}"`);
}

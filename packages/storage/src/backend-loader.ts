import { StorageError } from "@agent-assembly/storage-core";

/** Imports a module by name; a test passes its own. */
export type ModuleImporter = (name: string) => Promise<unknown>;

/** The package that holds each backend. */
export const BACKEND_PACKAGES = {
  sqlite: "@agent-assembly/storage-sqlite",
  postgres: "@agent-assembly/storage-postgres",
  memory: "@agent-assembly/storage-core/memory",
} as const;

/** Hot-path state that many processes share. */
export const STATE_PACKAGE = "@agent-assembly/state-redis";

/** Names are written out, because a bundler follows nothing else. */
export const importModule: ModuleImporter = (name) => {
  switch (name) {
    case BACKEND_PACKAGES.sqlite:
      return import("@agent-assembly/storage-sqlite");
    case BACKEND_PACKAGES.postgres:
      return import("@agent-assembly/storage-postgres");
    case BACKEND_PACKAGES.memory:
      return import("@agent-assembly/storage-core/memory");
    case STATE_PACKAGE:
      return import("@agent-assembly/state-redis");
    default:
      return import(name);
  }
};

/**
 * One exported function of a backend package, imported when it is first needed.
 * @throws `unsupported` naming the command that installs the package, when it is not there
 */
export function loadBackend<T>(packageName: string, exportName: string, load: ModuleImporter): Promise<T> {
  return loadPackage("backend package", packageName, exportName, load);
}

/** {@link loadBackend} for any optional package. @param kind what errors call it */
export async function loadPackage<T>(
  kind: string,
  packageName: string,
  exportName: string,
  load: ModuleImporter,
): Promise<T> {
  let module: unknown;
  try {
    module = await load(packageName);
  } catch (cause) {
    if (!isMissing(cause, packageName)) throw cause;
    throw new StorageError({
      code: "unsupported",
      message: `the ${kind} ${packageName} is not installed`,
      remedy: `Run "npm install ${packageName}".`,
      operation: "open",
      cause,
    });
  }
  const open = (module as Record<string, unknown>)[exportName];
  if (typeof open !== "function") {
    throw new StorageError({
      code: "unsupported",
      message: `the installed ${packageName} has no ${exportName}`,
      remedy: `Install the version that matches this package: run "npm install ${packageName}@latest".`,
      operation: "open",
    });
  }
  return open as T;
}

/** Only the package itself missing counts; a broken installation of it must show its own error. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code;
  const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
  return missing && new RegExp(`['"]${packageName}['"]`).test(error.message);
}

import { StorageError } from "@agent-assembly/storage-core";
import type { BackendModule } from "@agent-assembly/storage-core/backend";
import { parseBackendModule } from "./check-module.js";

/** Imports a module by the name of its package, or by its path; a test passes its own. */
export type ModuleImporter = (name: string) => Promise<unknown>;

/** The packages of the backends that have a name of their own. */
const PACKAGES: Readonly<Record<string, string>> = {
  sqlite: "@agent-assembly/storage-sqlite",
  postgres: "@agent-assembly/storage-postgres",
  memory: "@agent-assembly/storage-core/memory",
  redis: "@agent-assembly/state-redis",
};

/** Names are written out, because a bundler follows nothing else. */
export const importModule: ModuleImporter = async (name) => {
  switch (name) {
    case "@agent-assembly/storage-sqlite":
      return import("@agent-assembly/storage-sqlite");
    case "@agent-assembly/storage-postgres":
      return import("@agent-assembly/storage-postgres");
    case "@agent-assembly/storage-core/memory":
      return import("@agent-assembly/storage-core/memory");
    case "@agent-assembly/state-redis":
      return import("@agent-assembly/state-redis");
    default:
      return (await import("./import-package.js")).importPackage(name);
  }
};

/**
 * The module of a backend: a name of ours, a package, a path, or the module itself.
 * @throws `unsupported` when the package is not installed, exports no backend module, or one of another version or shape
 */
export async function loadBackendModule(
  backend: string | BackendModule,
  load: ModuleImporter = importModule,
): Promise<BackendModule> {
  if (typeof backend !== "string") return parseBackendModule(backend, "the given backend module");
  const name = Object.hasOwn(PACKAGES, backend) ? (PACKAGES[backend] as string) : backend;
  let exported: unknown;
  try {
    exported = await load(name);
  } catch (cause) {
    if (!isMissing(cause, name)) throw cause;
    throw new StorageError({
      code: "unsupported",
      message: `the package ${name} is not installed`,
      remedy: `Run "npm install ${name}".`,
      operation: "open",
      cause,
    });
  }
  const { backendModule = inDefault(exported), ...others } = exported as Record<string, unknown>;
  if (backendModule !== undefined) return parseBackendModule(backendModule, name);
  const found = Object.keys(others).join(", ") || "nothing";
  throw new StorageError({
    code: "unsupported",
    message: `${name} exports no backendModule (it exports ${found})`,
    remedy: "Install a version that does, or name another backend.",
    operation: "open",
  });
}

/** Node.js does not find every export of a CommonJS module; all are in its default export. */
function inDefault(exported: unknown): unknown {
  const { default: module } = exported as { readonly default?: { readonly backendModule?: unknown } | null };
  return module?.backendModule;
}

/** Only the package itself missing counts; a broken installation of it must show its own error. */
function isMissing(error: unknown, packageName: string): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as NodeJS.ErrnoException).code;
  const missing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
  return missing && (error.message.includes(`'${packageName}'`) || error.message.includes(`"${packageName}"`));
}

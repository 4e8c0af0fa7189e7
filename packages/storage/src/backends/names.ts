/** Backends that a configuration can name without a package. `memory` keeps nothing: tests and throw-away runs. */
export const BACKEND_NAMES = ["sqlite", "postgres", "memory"] as const;

/** One of {@link BACKEND_NAMES}. */
export type BackendName = (typeof BACKEND_NAMES)[number];

/**
 * A package that exports `backendModule`, or the path of such a module. In code, a package without scope and hyphen in
 * its name is passed as the module itself.
 */
export type BackendPackage =
  | `@${string}/${string}`
  | `${string}-${string}`
  | `${"." | ".." | ""}/${string}`
  | `file:${string}`;

/** Whether a name is one of {@link BACKEND_NAMES}. */
export function isBackendName(name: unknown): name is BackendName {
  return BACKEND_NAMES.some((known) => known === name);
}

/** Whether a name can be the path of a module rather than the name of a package. */
export function isModulePath(name: string): boolean {
  return /^(\.{0,2}\/|\.{1,2}\\|file:|[a-z]:[\\/])/i.test(name);
}

const PACKAGE = /^(@[a-z0-9~-][\w.~-]*\/)?[a-z0-9~-][\w.~-]*$/;

/** Whether a package can have this name, or a module can be at this path. */
export function canBeModule(name: string): boolean {
  return isModulePath(name) || PACKAGE.test(name);
}

import { StorageError } from "@agent-assembly/storage-core";
import { BACKEND_MODULE_VERSION, type BackendModule, describeShape } from "@agent-assembly/storage-core/backend";

/**
 * @param origin the package, for errors
 * @throws `unsupported` naming what was found and what a backend module has
 */
export function parseBackendModule(value: unknown, origin: string): BackendModule {
  if (typeof value !== "object" || value === null) {
    throw unusable(`the backendModule of ${origin} must be an object, got ${describeShape(value)}`);
  }
  const module = value as Partial<Record<keyof BackendModule, unknown>>;
  if (module.version !== BACKEND_MODULE_VERSION) {
    const isNumber = typeof module.version === "number";
    throw unusable(
      `the backendModule of ${origin} has ${isNumber ? `version ${module.version}` : "no version"}, and this package needs version ${BACKEND_MODULE_VERSION}`,
      isNumber
        ? "Install versions of both that match."
        : `If the package is yours, add version: ${BACKEND_MODULE_VERSION} (BackendModule of @agent-assembly/storage-core/backend). Else install a version that has one, or name another backend.`,
    );
  }
  const problems = problemsOf(module);
  if (problems.length === 0) return value as BackendModule;
  throw unusable(
    `the backendModule of ${origin} is not complete: ${problems.join("; ")}`,
    `Update ${origin}, or correct it.`,
  );
}

function problemsOf(module: Partial<Record<keyof BackendModule, unknown>>): string[] {
  const { name, parseSettings, open, schema, backup, state } = module;
  const isOptional = (member: unknown): boolean => member === undefined || typeof member === "function";
  return [
    ...(typeof name === "string" && name !== "" ? [] : [`name must be a text, got ${describeShape(name)}`]),
    ...(isOptional(parseSettings) ? [] : [`parseSettings must be a function, got ${describeShape(parseSettings)}`]),
    ...(isOptional(open) ? [] : [`open must be a function, got ${describeShape(open)}`]),
    ...(open === undefined && state === undefined ? ["it has neither open, for a store, nor state"] : []),
    ...(schema === undefined ? [] : lacking("schema", schema, ["migrate", "status", "verify"])),
    ...(backup === undefined ? [] : lacking("backup", backup, ["create", "restore"])),
    ...(state === undefined ? [] : lacking("state", state, ["open"])),
    ...(state === undefined || Array.isArray((state as { kinds?: unknown } | null)?.kinds)
      ? []
      : ["state.kinds must be a list"]),
  ];
}

function lacking(what: string, value: unknown, methods: readonly string[]): string[] {
  const members = (value ?? {}) as Record<string, unknown>;
  return methods
    .filter((method) => typeof members[method] !== "function")
    .map((method) => `${what}.${method} must be a function, got ${describeShape(members[method])}`);
}

function unusable(message: string, remedy?: string): StorageError {
  return new StorageError({ code: "unsupported", message, remedy, operation: "open" });
}

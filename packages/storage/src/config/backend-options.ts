import { type ErrorLocation, isStorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { loadBackendModule } from "../backends/load-module.js";
import { isModulePath } from "../backends/names.js";
import { expandPath, type PathBase } from "./file.js";
import { type ConfigProblem, configError } from "./problem.js";

/** A backend of another package, as a configuration names it. */
interface PackageSection {
  readonly backend: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/** What {@link settlePackage} needs besides the section. */
interface SettleContext {
  readonly base: PathBase;
  /** What the package is named for. */
  readonly use: "open" | "state";
  /** Where the name of the backend comes from; absent for what has no source of its own. */
  readonly location: ErrorLocation | undefined;
}

/**
 * The same section with the path of a module made absolute, and with the options that the package makes of its own.
 * @param path of the section, e.g. `storage` or `storage.state`
 * @throws `unsupported` when the package cannot be used; `invalid_argument` when it refuses its options
 */
export async function settlePackage(
  path: string,
  section: PackageSection,
  { base, location, use }: SettleContext,
): Promise<{ readonly backend: string; readonly options: Record<string, unknown> }> {
  const { backend: given, options = {} } = section;
  const isPath = isModulePath(given) && !given.startsWith("file:");
  const backend = isPath ? expandPath(given, base) : given;
  const module = await explained({ option: `${path}.backend`, location, message: "{option} cannot be used" }, () =>
    loadBackendModule(backend),
  );
  if (module[use] === undefined) {
    const what =
      use === "open" ? "a store; hot-path state is kept by storage.redis or storage.state" : "hot-path state";
    throw configError({
      option: `${path}.backend`,
      location,
      message: `{option} is ${JSON.stringify(given)}, which is not for ${what}`,
    });
  }
  const resolvePath = (one: string): string => expandPath(one, base);
  const parsed = await explained(
    { option: `${path}.options`, message: `{option} is refused by ${backend}` },
    () => module.parseSettings?.(options, { resolvePath }) ?? options,
  );
  return { backend, options: { ...parsed } };
}

/** Puts the key before what a package, or loading it, says. */
async function explained<T>(problem: ConfigProblem, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    const { code } = cause;
    const { message, remedy } = errorInit(cause);
    throw configError({ ...problem, code, message: `${problem.message}: ${message}`, remedy, cause });
  }
}

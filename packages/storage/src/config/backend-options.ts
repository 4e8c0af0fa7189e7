import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { loadBackendModule } from "../backends/load-module.js";
import { isModulePath } from "../backends/names.js";
import { expandPath, type PathBase } from "./file.js";
import { optionProblem } from "./option-problem.js";
import { type ConfigProblem, configError } from "./problem.js";
import { locationOfKey } from "./source-location.js";
import type { ConfigSources } from "./sources.js";

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
  readonly sources: ConfigSources;
}

/**
 * The same section with the path of a module made absolute, and with the options that the package makes of its own.
 * @param path of the section: `storage` or `storage.state`
 * @throws `unsupported` when the package cannot be used; `invalid_argument` when it refuses its options
 */
export async function settlePackage(
  path: string,
  section: PackageSection,
  { base, sources, use }: SettleContext,
): Promise<{ readonly backend: string; readonly options: Record<string, unknown> }> {
  const { backend: given, options = {} } = section;
  const location = locationOfKey(`${path}.backend`, sources);
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
  try {
    return { backend, options: { ...(module.parseSettings?.(options, { resolvePath }) ?? options) } };
  } catch (cause) {
    throw configError(optionProblem(cause, { path, backend: given, options, sources }));
  }
}

/** Puts the key before what loading a package says. */
async function explained<T>(problem: ConfigProblem, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    // All of its text is in the new one.
    throw configError({ ...problem, ...partsOf(cause, problem), cause: cause.cause });
  }
}

/** `{option}` of the cause stands for its own option, not for the key. */
function partsOf(cause: StorageError, problem: ConfigProblem): Pick<ConfigProblem, "code" | "message" | "remedy"> {
  const { code, message, remedy, option = "" } = errorInit(cause);
  const named = (text: string): string => text.replaceAll("{option}", () => option);
  return { code, message: `${problem.message}: ${named(message)}`, remedy: remedy && named(remedy) };
}

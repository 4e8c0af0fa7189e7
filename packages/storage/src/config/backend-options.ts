import { isStorageError } from "@agent-assembly/storage-core";
import type { BackendModule } from "@agent-assembly/storage-core/backend";
import { importModule, loadBackendModule, type ModuleImporter } from "../backends/load-module.js";
import { isModulePath } from "../backends/names.js";
import { expandPath, type PathBase } from "./file.js";
import { configError } from "./problem.js";

/** A backend of another package, as a configuration names it. */
interface PackageSection {
  readonly backend: string;
  readonly options?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * The same section with the path of a module made absolute, and with the options that the package makes of its own.
 * @param path of the section, e.g. `storage` or `storage.state`
 * @param source where the name of the backend comes from
 * @throws `unsupported` when the package cannot be used; `invalid_argument` when it refuses its options
 */
export async function settlePackage(
  path: string,
  given: PackageSection,
  base: PathBase,
  source = "the configuration",
  load: ModuleImporter = importModule,
): Promise<{ readonly backend: string; readonly options: Record<string, unknown> }> {
  const { options = {} } = given;
  const isPath = isModulePath(given.backend) && !given.backend.startsWith("file:");
  const backend = isPath ? expandPath(given.backend, base) : given.backend;
  const module = await loadNamed(`${path}.backend (from ${source})`, backend, load);
  try {
    const parsed = module.parseSettings?.(options, { resolvePath: (one) => expandPath(one, base) }) ?? options;
    return { backend, options: { ...parsed } };
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    throw configError(`${path}.options is refused by ${backend}: ${cause.message}`, cause.code, cause);
  }
}

async function loadNamed(key: string, backend: string, load: ModuleImporter): Promise<BackendModule> {
  try {
    return await loadBackendModule(backend, load);
  } catch (cause) {
    if (!isStorageError(cause)) throw cause;
    throw configError(`${key} cannot be used: ${cause.message}`, cause.code, cause);
  }
}

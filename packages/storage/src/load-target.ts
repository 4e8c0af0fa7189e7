import type { BackendModule } from "@agent-assembly/storage-core/backend";
import { loadBackendModule, type ModuleImporter } from "./backends/load-module.js";
import { namingKeys, namingOptions } from "./backends/option-names.js";
import { expandPath } from "./config/file.js";
import { configKeyOf } from "./config/option-keys.js";

/** A backend, and either its options or its section of a configuration. */
export interface BackendTarget {
  readonly backend: string | BackendModule;
  readonly options?: object | undefined;
  /** For a backend of another package: where its options are set, such as `storage.options`; errors about them name it. */
  readonly optionsKey?: string | undefined;
  readonly section?: Readonly<Record<string, unknown>> | undefined;
}

/** A module with the options that it takes. */
export interface LoadedTarget {
  readonly module: BackendModule;
  readonly options: object;
}

/** @throws what loading the module and parsing its section throw */
export async function loadTarget(
  { backend, options = {}, optionsKey, section }: BackendTarget,
  load: ModuleImporter,
): Promise<LoadedTarget> {
  const loaded = await loadBackendModule(backend, load);
  const module = optionsKey === undefined ? loaded : namingOptions(loaded, optionsKey);
  if (section === undefined) return { module, options: present(options) };
  const parsed = module.parseSettings?.(section, { resolvePath: (path) => expandPath(path) }) ?? section;
  return { module: namingKeys(module, configKeyOf), options: present(parsed) };
}

/** A copy without undefined members, which a backend treats as absent. */
export function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

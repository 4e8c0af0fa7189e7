import {
  type ConfigFlags,
  type LoadConfigOptions,
  type LoadedConfig,
  loadConfigWithSources,
} from "@agent-assembly/storage";
import type { StorageError } from "@agent-assembly/storage-core";
import type { GlobalOptions } from "./context.js";

/** The configuration in force for a command. */
export async function loadCommandConfig(
  global: GlobalOptions,
  flags: ConfigFlags = {},
  surroundings: Pick<LoadConfigOptions, "env" | "cwd" | "home"> = {},
): Promise<LoadedConfig> {
  try {
    const loaded = await loadConfigWithSources({
      ...surroundings,
      path: global.config,
      flags: {
        ...flags,
        // A file named on the command line is opened whatever backend the configuration names.
        backend: global.backend ?? (global.path === undefined ? undefined : "sqlite"),
        path: global.path,
      },
    });
    if (loaded.warnings.length === 0) return loaded;
    const { inSources } = await import("./explain-error.js");
    return { ...loaded, warnings: loaded.warnings.map((warning) => inSources(warning) as StorageError) };
  } catch (error) {
    throw (await import("./explain-error.js")).inSources(error);
  }
}

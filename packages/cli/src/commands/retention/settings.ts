import { type LoadedConfig, type RetentionSettings, retentionSettings } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { UsageError } from "../../exit.js";
import { type PolicyOptions, toPolicyFlags } from "./policy-options.js";

export interface LoadedSettings {
  readonly loaded: LoadedConfig;
  readonly settings: RetentionSettings;
  /** To be given when the store is opened, so that both come from one configuration. */
  readonly flags: ReturnType<typeof toPolicyFlags>;
}

/**
 * The retention settings of the configuration, options of the command laid over it.
 * @throws UsageError for options that do not fit the configuration; what loading it throws
 */
export async function loadSettings(context: Context, options: PolicyOptions): Promise<LoadedSettings> {
  const flags = toPolicyFlags(options);
  const loaded = await loadWith(context, flags);
  return { loaded, settings: retentionSettings(loaded.config), flags };
}

async function loadWith(context: Context, flags: LoadedSettings["flags"]): Promise<LoadedConfig> {
  try {
    return await context.loadConfig(flags);
  } catch (error) {
    if (!isStorageError(error, "invalid_argument") || Object.keys(flags).length === 0) throw error;
    // It is the options' fault when the configuration is fine without them, and it throws its own error when it is not.
    await context.loadConfig();
    throw new UsageError(error.message);
  }
}

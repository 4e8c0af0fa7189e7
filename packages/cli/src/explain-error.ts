import { CONFIG_ENVIRONMENT, configKeyOf, type LoadedConfig } from "@agent-assembly/storage";
import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";

/** Names what an error is about as the user of the command sets it. */
export type Explain = (error: Error) => Error;

export function explainWith(loaded: Pick<LoadedConfig, "sources">): Explain {
  return (error) => inSettings(error, loaded) as Error;
}

/**
 * An error about an option of a backend or an archive, with the option under the name of the setting that gave its value:
 * a flag, an environment variable, or the key of the configuration. Any other error is returned as it is.
 */
export function inSettings(error: unknown, { sources }: Pick<LoadedConfig, "sources">): unknown {
  if (!isStorageError(error)) return error;
  const key = configKeyOf(error);
  return key === undefined ? error : named(error, settingOf(key, sources[key]));
}

/** The same for an error about the configuration itself. */
export function inSources(error: unknown): unknown {
  if (!isStorageError(error) || error.option === undefined) return error;
  const source = error.location?.place;
  const setting = settingOf(error.option, source);
  // The name of a flag or variable says where the value is from.
  return setting === source ? new StorageError({ ...errorInit(error), option: setting, location: undefined }) : error;
}

function named(error: StorageError, option: string): StorageError {
  return new StorageError({ ...errorInit(error), option });
}

/**
 * A variable that holds JSON sets more than one key, and so is no name for one of them.
 * @param source what set the key: a file, an environment variable or a flag
 */
function settingOf(key: string, source: string | undefined): string {
  const isOwnName = source !== undefined && (source.startsWith("--") || CONFIG_ENVIRONMENT[source] === key);
  return isOwnName ? source : key;
}

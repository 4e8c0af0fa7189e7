import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { type BackendModule, errorInit } from "@agent-assembly/storage-core/backend";

/** What a package calls the object that it is given, in front of the name of an option. */
const OWN_ROOT = /^(?:options|section|settings)(?=$|[.[])\.?/;

/** Options that `openStorage` adds to those of the package, and reports itself. */
const COMMON = /^options\.(?:limits|migrate|readOnly)(?=$|[.[])/;

/**
 * The path of an option as the user of the package sets it: `storage.options.label` for a package's `options.label`.
 * @param key where the options of the package are, such as `storage.options`
 */
export function fullPath(option: string, key: string): string {
  const member = option.replace(OWN_ROOT, "");
  return member === "" || member.startsWith("[") ? `${key}${member}` : `${key}.${member}`;
}

/**
 * What is used of a module once its options are parsed. Its errors about options name them as its user sets them.
 * @param key where the options are, such as `storage.options`
 */
export function namingOptions(module: BackendModule, key: string): BackendModule {
  return renaming(module, (error) => named(error, module.name, key));
}

/**
 * The same for one of our backends whose options a configuration has set: errors about them name its keys.
 * @param keyOf the key of an option, `undefined` where none sets it
 */
export function namingKeys(
  module: BackendModule,
  keyOf: (error: Pick<StorageError, "backend" | "option">) => string | undefined,
): BackendModule {
  return renaming(module, (error) => {
    if (!isStorageError(error)) return error;
    const key = keyOf({ backend: module.name, option: error.option });
    return key === undefined ? error : new StorageError({ ...errorInit(error), option: key });
  });
}

function renaming(module: BackendModule, rename: (error: unknown) => unknown): BackendModule {
  const { version, name, opensReadOnly, schema, backup, state } = module;
  const naming = async <Result>(call: () => Result | Promise<Result>): Promise<Result> => {
    try {
      return await call();
    } catch (error) {
      throw rename(error);
    }
  };
  return {
    version,
    name,
    ...(opensReadOnly !== undefined && { opensReadOnly }),
    ...(module.open !== undefined && {
      open: (options) => naming(() => module.open?.(options) as ReturnType<NonNullable<BackendModule["open"]>>),
    }),
    ...(schema !== undefined && {
      schema: {
        migrate: (options, migrateOptions) => naming(() => schema.migrate(options, migrateOptions)),
        status: (options) => naming(() => schema.status(options)),
        verify: (options) => naming(() => schema.verify(options)),
        verifyCounts: (options) => naming(async () => (await schema.verifyCounts?.(options)) ?? []),
        rebuildCounts: (options) => naming(async () => schema.rebuildCounts?.(options)),
      },
    }),
    ...(backup !== undefined && {
      backup: {
        create: (options, file, how) => naming(() => backup.create(options, file, how)),
        restore: (options, file, how) => naming(() => backup.restore(options, file, how)),
      },
    }),
    ...(state !== undefined && {
      state: { kinds: state.kinds, open: (options) => naming(() => state.open(options)) },
    }),
  };
}

function named(error: unknown, backend: string, key: string): unknown {
  if (!isStorageError(error, "invalid_argument") || error.option === undefined || COMMON.test(error.option))
    return error;
  const init = errorInit(error);
  return new StorageError({
    ...init,
    option: fullPath(error.option, key),
    message: ofBackend(init.message, backend),
    cause: error,
  });
}

/** What a package says of one of its options, with the name of the package. */
export function ofBackend(message: string, backend: string): string {
  const [found] = /[.?]$/.exec(message) ?? [];
  return message.includes("{option}") && found === undefined
    ? `${message} (an option of the backend ${backend})`
    : `{option} is refused by the backend ${backend}: ${message}`;
}

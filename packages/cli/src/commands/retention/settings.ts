import { type Stats, unwatchFile, watchFile } from "node:fs";
import {
  type Config,
  type ConfigFlags,
  DEFAULT_CONFIG_PATH,
  type LoadedConfig,
  type RetentionSettings,
  retentionSettings,
} from "@agent-assembly/storage";
import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { parseArchiveUrl, parseChoice, parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { UsageError } from "../../exit.js";

/** Options that stand in for keys of `storage.retention`, as commander hands them over. */
export interface PolicyOptions {
  readonly hotDays?: string;
  readonly warmDays?: string;
  readonly coldAction?: string;
  readonly archiveUrl?: string;
}

const MAX_DAYS = 36_500;

/** @throws UsageError */
export function toPolicyFlags({ hotDays, warmDays, coldAction, archiveUrl }: PolicyOptions): ConfigFlags {
  return {
    ...(hotDays !== undefined && { hotDays: parseInteger("--hot-days", hotDays, 1, MAX_DAYS) }),
    ...(warmDays !== undefined && { warmDays: parseInteger("--warm-days", warmDays, 1, MAX_DAYS) }),
    ...(coldAction !== undefined && {
      coldAction: parseChoice("--cold-action", coldAction, ["drop", "archive"] as const),
    }),
    ...(archiveUrl !== undefined && { archiveUrl: parseArchiveUrl("--archive-url", archiveUrl) }),
  };
}

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

/** How often the file is looked at. Looking works where a notification does not: mounts, links that are swapped, new files. */
const LOOK_EVERY_MS = 1000;

/** Calls back whenever the file came, went or changed. @returns ends that */
export function watchConfigFile(path: string, onChange: () => void): () => void {
  const listener = (now: Stats, before: Stats): void => {
    if (SAME.some((member) => now[member] !== before[member])) onChange();
  };
  watchFile(path, { interval: LOOK_EVERY_MS, persistent: false }, listener);
  return () => unwatchFile(path, listener);
}

const SAME = ["mtimeMs", "ctimeMs", "size", "ino"] as const;

/** The file a configuration was read from, or would be if it were there. */
export function configFileOf(
  { global, resolvePath }: Pick<Context, "global" | "resolvePath">,
  { file }: LoadedConfig,
): string {
  return file ?? resolvePath(global.config ?? DEFAULT_CONFIG_PATH);
}

/** @throws `not_found` when the settings came from a file and now come from none: that is no wish for the defaults */
export function refuseVanished(before: LoadedConfig, now: LoadedConfig): void {
  if (before.file === undefined || now.file !== undefined) return;
  throw new StorageError({
    code: "not_found",
    location: { kind: "configuration file", place: before.file },
    message: "the file no longer exists",
    remedy: "Restore it, or restart to run with the defaults.",
    operation: "config.load",
  });
}

/** Keys that differ and are used only once, when the process starts. */
export function restartKeys(before: Config, now: Config): string[] {
  const keys = (["backend", "options", "sqlite", "postgres"] as const).filter((key) =>
    differ(before.storage[key], now.storage[key]),
  );
  const jitter = differ(before.storage.retention.jitter_secs, now.storage.retention.jitter_secs);
  return [...keys.map((key) => `storage.${key}`), ...(jitter ? ["storage.retention.jitter_secs"] : [])];
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

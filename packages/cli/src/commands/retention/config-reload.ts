import { type Stats, unwatchFile, watchFile } from "node:fs";
import { type Config, DEFAULT_CONFIG_PATH, type LoadedConfig } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";

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
    message: `configuration file ${before.file} is gone; put it back, or restart to run by the defaults`,
    operation: "config.load",
  });
}

/** Keys that differ and are used only once, when the process starts. */
export function restartKeys(before: Config, now: Config): string[] {
  const keys = (["backend", "sqlite", "postgres"] as const).filter((key) =>
    differ(before.storage[key], now.storage[key]),
  );
  const jitter = differ(before.storage.retention.jitter_secs, now.storage.retention.jitter_secs);
  return [...keys.map((key) => `storage.${key}`), ...(jitter ? ["storage.retention.jitter_secs"] : [])];
}

function differ(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) !== JSON.stringify(b);
}

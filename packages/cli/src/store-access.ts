import { access } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type AgentStorage, type LoadedConfig, openStorage } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import type { OpenStoreOptions } from "./context.js";
import { inSettings } from "./explain-error.js";

/** How long a command may take to end, and its store to close, once it was interrupted. */
const CLOSE_GRACE_MS = 2000;

/** How the commands and the process that runs them talk about stores. */
export interface StoreHooks {
  readonly signal: AbortSignal;
  /** The store is still closing, and nothing depends on how that ends. */
  readonly onLeftOpen: () => void;
  /** The command ends between two steps, which may take longer than commands are given once they are interrupted. */
  readonly onSteps: () => void;
}

/** Opens the store, runs `use` with it and closes it; what either throws names settings. */
export async function useStorage<T>(
  loaded: LoadedConfig,
  hooks: StoreHooks,
  use: (storage: AgentStorage, loaded: LoadedConfig) => Promise<T>,
  options?: OpenStoreOptions,
): Promise<T> {
  try {
    return await withOpenStorage(loaded, hooks, use, options);
  } catch (error) {
    throw inSettings(error, loaded);
  }
}

async function withOpenStorage<T>(
  loaded: LoadedConfig,
  { signal, onLeftOpen, onSteps }: StoreHooks,
  use: (storage: AgentStorage, loaded: LoadedConfig) => Promise<T>,
  {
    create = false,
    writes = create,
    readsOnly = false,
    endsBetweenSteps = false,
    staysOpen = false,
    flags: _,
    ...overrides
  }: OpenStoreOptions = {},
): Promise<T> {
  const { backend, sqlite } = loaded.config.storage;
  if (backend === "sqlite" && !create) await requireFile(sqlite.path);
  const storage = await openStorage(loaded.config, { readOnly: !writes, recordConfiguration: staysOpen, ...overrides });
  const interrupted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  interrupted.catch(() => undefined);
  let running: Promise<unknown> = Promise.resolve();
  try {
    signal.throwIfAborted();
    if (endsBetweenSteps) {
      onSteps();
      return await use(storage, loaded);
    }
    // A long count cannot be stopped; the race lets Ctrl-C answer at once.
    const result = use(storage, loaded);
    running = result.catch(() => undefined);
    return await Promise.race([result, interrupted]);
  } finally {
    const closing = (async () => {
      // An interrupted command may be removing a temporary file.
      if (signal.aborted) await running;
      await storage.close();
    })();
    const closed = closing.then(() => true);
    if (!signal.aborted && !readsOnly) await closed;
    else if (!(await Promise.race([closed, grace()]))) onLeftOpen();
  }
}

async function requireFile(path: string): Promise<void> {
  try {
    await access(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") return;
    throw new StorageError({
      code: "not_found",
      message: `there is no database at ${path}`,
      option: "options.path",
      remedy: "Create one with aasm demo, aasm migrate or aasm audit import, or name another file with --path.",
      operation: "open",
      backend: "sqlite",
      cause,
    });
  }
}

function grace(): Promise<false> {
  return delay(CLOSE_GRACE_MS, false as const, { ref: false });
}

import type { StorageBackend } from "@agent-assembly/storage-core";
import { describeShape, didYouMean, invalidArgument } from "@agent-assembly/storage-core/backend";
import { BACKEND_PACKAGES, importModule, loadBackend, type ModuleImporter } from "./backend-loader.js";
import { expandPath } from "./config/file.js";
import { BACKEND_NAMES } from "./config/names.js";
import type { Config } from "./config/schema/schema.js";
import { type OpenOverrides, optionsFromConfig, type PostgresConnection, type StorageOptions } from "./options.js";
import type { AgentStorage } from "./state/agent-storage.js";
import { withState } from "./state/open-state.js";

type OpenSqlite = (options: OpenOverrides & { readonly path: string }) => Promise<StorageBackend>;
type OpenPostgres = (options: OpenOverrides & PostgresConnection) => Promise<StorageBackend>;
type OpenMemory = (options: OpenOverrides) => StorageBackend | Promise<StorageBackend>;

/**
 * Opens the store named by a configuration or by explicit options; without either, by the result of {@link loadConfig}.
 * Policy cache, approvals and rate limits use this process, the store and, if enabled, Redis, which is connected on
 * first use. The backend's package is imported only now, so unused drivers need not be installed.
 * @throws `unsupported` when the backend's package, or that of an enabled Redis, is not installed; otherwise the errors
 *   of opening the backend
 * @example
 * ```ts
 * import { openStorage } from "@agent-assembly/storage";
 *
 * await using storage = await openStorage({ backend: "sqlite", path: "~/audit.db" });
 * await storage.audit.append([{ ts: new Date(), agentId: "agent-1", action: "tool_call", decision: "deny" }]);
 * console.log(await storage.audit.count({ decision: "deny" }));
 * ```
 */
export async function openStorage(
  source?: Config | StorageOptions,
  overrides: OpenOverrides = {},
): Promise<AgentStorage> {
  return openWith(importModule, source, overrides);
}

/**
 * The loaded configuration. Its modules are imported on demand, because a store opened by options alone needs none of
 * them.
 */
export async function loadDefaultConfig(): Promise<Config> {
  return (await import("./config/load.js")).loadConfig();
}

/** {@link openStorage} with a given module importer. */
export async function openWith(
  load: ModuleImporter,
  source: Config | StorageOptions | undefined,
  overrides: OpenOverrides = {},
): Promise<AgentStorage> {
  const { state = {}, ...options } = resolveOptions(
    source === undefined ? await loadDefaultConfig() : source,
    overrides,
  );
  const backend = await openBackend(load, options);
  try {
    return await withState(backend, state, load);
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function openBackend(load: ModuleImporter, options: StorageOptions): Promise<StorageBackend> {
  switch (options.backend) {
    case "sqlite": {
      const { backend: _, path, ...rest } = options;
      const open = await loadBackend<OpenSqlite>(BACKEND_PACKAGES.sqlite, "openSqliteStorage", load);
      return open({ ...present(rest), path });
    }
    case "postgres": {
      const { backend: _, url, ...rest } = options;
      const open = await loadBackend<OpenPostgres>(BACKEND_PACKAGES.postgres, "openPostgresStorage", load);
      return open({ ...present(rest), url });
    }
    case "memory": {
      const { backend: _, migrate: __, ...rest } = options;
      const open = await loadBackend<OpenMemory>(BACKEND_PACKAGES.memory, "openMemoryStorage", load);
      return open(present(rest));
    }
  }
}

/** @throws `invalid_argument` */
export function resolveOptions(source: Config | StorageOptions, overrides: OpenOverrides = {}): StorageOptions {
  if (typeof source !== "object" || source === null) {
    throw invalidArgument(
      `openStorage takes a configuration or options such as { backend: "sqlite", path }, got ${describeShape(source)}`,
      "open",
    );
  }
  if ("storage" in source) return optionsFromConfig(source, overrides);
  const backend: unknown = source.backend;
  if (!BACKEND_NAMES.some((known) => known === backend)) {
    const shown = typeof backend === "string" ? JSON.stringify(backend) : describeShape(backend);
    const hint = typeof backend === "string" ? didYouMean(backend, BACKEND_NAMES) : "";
    throw invalidArgument(`backend is ${shown}; allowed: ${BACKEND_NAMES.join(", ")}.${hint}`, "open");
  }
  if (source.backend === "sqlite") requireText(source.path, "path", "a file such as ~/.aasm/local.db");
  if (source.backend === "postgres") requireText(source.url, "url", "a URL such as postgres://user@host:5432/database");
  const options = { ...source, ...present(overrides) };
  return options.backend === "sqlite" ? { ...options, path: expandPath(options.path) } : options;
}

function requireText(value: unknown, name: string, wanted: string): void {
  if (typeof value !== "string" || value === "") {
    throw invalidArgument(`${name} must be ${wanted}, got ${describeShape(value)}`, "open");
  }
}

/** A copy without undefined members, which a backend treats as absent. */
function present<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

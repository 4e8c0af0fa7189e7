import { isStorageError, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";
import { importModule, type ModuleImporter } from "./backends/load-module.js";
import { isBackendName } from "./backends/names.js";
import type { Config } from "./config/schema/schema.js";
import { loadTarget, present } from "./load-target.js";
import type { OpenOverrides, StorageOptions } from "./options.js";
import type { AgentStorage } from "./state/agent-storage.js";
import { withState } from "./state/open-state.js";
import { type OpenTarget, resolveTarget } from "./target.js";

/**
 * Opens the store named by a configuration or by explicit options; without either, by the result of {@link loadConfig}.
 * Policy cache, approvals and rate limits use this process, the store and, if enabled, Redis, which is connected on
 * first use. The backend's package is imported only now, so unused drivers need not be installed.
 * @throws `unsupported` when the package of the backend, or of the hot-path state, is not installed or exports no backend
 *   module; otherwise the errors of opening the backend
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
  const target = resolveTarget(source === undefined ? await loadDefaultConfig() : source, overrides);
  const backend = await openBackend(target, load).catch((error: unknown) => {
    throw isStorageError(error) ? withContext(error, { operation: "open", backend: nameOf(target) }) : error;
  });
  const { tokenKey, governanceEvents = true, readOnly = false } = target.common;
  try {
    if (target.recordsConfiguration && target.config !== undefined && governanceEvents && !readOnly) {
      await (await import("./configuration-seen.js")).recordConfiguration(backend, target.config);
    }
    return await withState(
      await wrapped(backend, target.wrappers),
      { ...target.state, tokenKey, recordsApprovals: governanceEvents },
      load,
    );
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function openBackend(target: OpenTarget, load: ModuleImporter): Promise<StorageBackend> {
  const { module, options } = await loadTarget(target, load);
  if (module.open === undefined) {
    throw new StorageError({
      code: "invalid_argument",
      option: "options.backend",
      message: `{option} is ${module.name}, which is no store: it keeps policy cache, approvals and rate limits`,
      remedy: "Name it in options.state.backend.",
      operation: "open",
    });
  }
  const { migrate, readOnly, ...common } = target.common;
  const backend = await module.open({
    ...options,
    ...common,
    ...(module.schema !== undefined && present({ migrate })),
    ...(module.opensReadOnly === true && present({ readOnly })),
  });
  return isBackendName(target.backend) ? backend : (await import("./backends/wrap.js")).checkOpened(backend, module);
}

function nameOf({ backend }: OpenTarget): string {
  return typeof backend === "string" ? backend : backend.name;
}

/** Imported only where it is asked for: it takes OpenTelemetry with it. */
async function wrapped(backend: StorageBackend, wrappers: OpenTarget["wrappers"]): Promise<StorageBackend> {
  const { instrumentation = false, retry = false } = wrappers;
  if (!instrumentation && retry === false) return backend;
  return (await import("./backends/wrap.js")).wrap(backend, wrappers);
}

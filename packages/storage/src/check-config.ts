import { isStorageError } from "@agent-assembly/storage-core";
import { withContext } from "@agent-assembly/storage-core/backend";
import { importModule } from "./backends/load-module.js";
import type { Config } from "./config/schema/schema.js";
import { type BackendTarget, loadTarget } from "./load-target.js";
import { retentionSettings } from "./retention-settings.js";
import { resolveTarget } from "./target.js";

/**
 * Checks of a configuration what else only opening finds: every option by the package that uses it. Nothing is opened, and
 * nothing is connected to; certificates and password files that it names are read.
 * @throws `invalid_argument` naming the option; `unsupported` when a package is not installed
 */
export async function checkConfig(config: Config): Promise<void> {
  const { state, ...store } = resolveTarget(config);
  for (const target of [store, state.shared]) if (target !== undefined) await check(target);
  retentionSettings(config);
}

async function check(target: BackendTarget): Promise<void> {
  const backend = typeof target.backend === "string" ? target.backend : target.backend.name;
  await loadTarget(target, importModule).catch((error: unknown) => {
    throw isStorageError(error) ? withContext(error, { operation: "config.check", backend }) : error;
  });
}

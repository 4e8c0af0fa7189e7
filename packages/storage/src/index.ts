export { describeDrift } from "@agent-assembly/migrations";
export * from "@agent-assembly/storage-core";
export { approvalEvent, requestDigest } from "@agent-assembly/storage-core/state";
export { BACKEND_NAMES, type BackendName, type BackendPackage } from "./backends/names.js";
export { openBackup } from "./backup-admin.js";
export { checkConfig } from "./check-config.js";
export { CONFIG_ENVIRONMENT } from "./config/environment/apply.js";
export { DEFAULT_CONFIG_PATH, expandPath, type PathBase } from "./config/file.js";
export { type LoadConfigOptions, type LoadedConfig, loadConfig, loadConfigWithSources } from "./config/load.js";
export { MODES, type Mode } from "./config/names.js";
export { configKeyOf } from "./config/option-keys.js";
export { maskUrl, redactConfig } from "./config/redact.js";
export type { Config, GatewayConfig } from "./config/schema/schema.js";
export type { ConfigFlags } from "./config/sources.js";
export { openStorage } from "./open.js";
export type { OpenOverrides, PackageBackend, PostgresConnection, SqliteOptions, StorageOptions } from "./options.js";
export {
  type RetentionSettings,
  retentionSettings,
} from "./retention-settings.js";
export { openSchema } from "./schema-admin.js";
export type { AgentStorage, StateReport } from "./state/agent-storage.js";
export type { RedisOptions, StateOptions } from "./state/options.js";

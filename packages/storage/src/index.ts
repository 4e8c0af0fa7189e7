export { describeDrift, type MigrationStatus, type SchemaDrift } from "@agent-assembly/migrations";
export * from "@agent-assembly/storage-core";
export { requestDigest } from "@agent-assembly/storage-core/state";
export { DEFAULT_CONFIG_PATH, expandPath, type PathBase } from "./config/file.js";
export { type LoadConfigOptions, type LoadedConfig, loadConfig, loadConfigWithSources } from "./config/load.js";
export { BACKEND_NAMES, type BackendName, MODES, type Mode } from "./config/names.js";
export { maskUrl, redactConfig } from "./config/redact.js";
export type { Config } from "./config/schema/schema.js";
export type { ConfigFlags } from "./config/sources.js";
export { openStorage } from "./open.js";
export type { OpenOverrides, PostgresConnection, StorageOptions } from "./options.js";
export {
  type DatasetPolicySettings,
  type RetentionRuleSettings,
  type RetentionSettings,
  retentionSettings,
} from "./retention-settings.js";
export { openSchema, type SchemaAdmin } from "./schema-admin.js";
export type { AgentStorage, StateReport } from "./state/agent-storage.js";
export type { RedisOptions, StateOptions } from "./state/options.js";

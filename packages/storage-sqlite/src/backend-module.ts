import { type BackendModule, checkKeys } from "@agent-assembly/storage-core/backend";
import { openSqliteStorage } from "./backend.js";
import { resolveDatabasePath, type SqliteStorageOptions } from "./options.js";

/**
 * SQLite for `openStorage`, the configuration and `aasm`. `schema` migrates and checks a file without opening the store,
 * and `backup` copies it.
 */
export const backendModule = {
  version: 1,
  name: "sqlite",
  parseSettings(section, { resolvePath }) {
    checkKeys("section", section, ["path"]);
    return { path: resolvePath(resolveDatabasePath(section.path)) };
  },
  open: openSqliteStorage,
  opensReadOnly: true,
  backup: {
    create: async (...args) => (await import("./copies/backup.js")).backupSqlite(...args),
    restore: async (...args) => (await import("./copies/restore.js")).restoreSqlite(...args),
  },
  schema: {
    migrate: async (...args) => (await import("./migrate.js")).SQLITE_SCHEMA.migrate(...args),
    status: async (...args) => (await import("./migrate.js")).SQLITE_SCHEMA.status(...args),
    verify: async (...args) => (await import("./migrate.js")).SQLITE_SCHEMA.verify(...args),
    verifyCounts: async (...args) => (await import("./migrate.js")).SQLITE_SCHEMA.verifyCounts(...args),
    rebuildCounts: async (...args) => (await import("./migrate.js")).SQLITE_SCHEMA.rebuildCounts(...args),
  },
} satisfies BackendModule<SqliteStorageOptions>;

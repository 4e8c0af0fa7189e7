import { type Migration, parseMigration } from "@agent-assembly/migrations";
import { packageVersion } from "@agent-assembly/storage-core/backend";
import { MIGRATION_SOURCES } from "./migrations.gen.js";

/** The schema's steps, in order. */
export const POSTGRES_MIGRATIONS: readonly Migration[] = MIGRATION_SOURCES.map(({ fileName, sql }) =>
  parseMigration(fileName, sql),
);

/** This package's version, which the history remembers for each step. */
export const TOOL_VERSION = packageVersion(() => new URL("../../package.json", import.meta.url));

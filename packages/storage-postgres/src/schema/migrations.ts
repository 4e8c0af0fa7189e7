import { readFileSync } from "node:fs";
import { type Migration, parseMigration } from "@agent-assembly/migrations";
import { MIGRATION_SOURCES } from "./migrations.gen.js";

/** The schema's steps, in order. */
export const POSTGRES_MIGRATIONS: readonly Migration[] = MIGRATION_SOURCES.map(({ fileName, sql }) =>
  parseMigration(fileName, sql),
);

/** This package's version, which the history remembers for each step. */
export const TOOL_VERSION: string = packageVersion();

function packageVersion(): string {
  try {
    const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    // In a bundle there is no package.json beside the code; the version only informs people.
    return "bundled";
  }
}

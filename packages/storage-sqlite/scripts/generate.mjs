// Writes src/schema/migrations.gen.ts (the SQL inlined, so that bundlers work) and src/schema/manifest.gen.ts (the schema the
// migrations make, for verifying live ones). Uses dist: build first. With --check it only says whether they are fresh.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseMigration, runMigrations } from "@agent-assembly/migrations";
import Database from "better-sqlite3";
import { readLiveSchema } from "../dist/schema/live-schema.js";
import { SqliteMigrationDriver } from "../dist/schema/migration-driver.js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const HEADER = "// Made by scripts/generate.mjs from migrations/*.sql. Do not edit.\n";

function readSources() {
  const folder = join(root, "migrations");
  return readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .toSorted()
    .map((fileName) => ({ fileName, sql: readFileSync(join(folder, fileName), "utf8").replaceAll("\r\n", "\n") }));
}

function migrationsModule(sources) {
  const entries = sources.map(({ fileName, sql }) => {
    const literal = sql.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
    return `  {\n    fileName: ${JSON.stringify(fileName)},\n    sql: \`${literal}\`,\n  },\n`;
  });
  return (
    `${HEADER}\nexport const MIGRATION_SOURCES: readonly { readonly fileName: string; readonly sql: string }[] = [\n` +
    `${entries.join("")}];\n`
  );
}

async function schemaModule(sources) {
  const db = new Database(":memory:");
  const migrations = sources.map(({ fileName, sql }) => parseMigration(fileName, sql));
  const driver = new SqliteMigrationDriver(db, { path: ":memory:", busyTimeoutMs: 0 });
  await runMigrations(driver, migrations, { toolVersion: "generate" });
  const manifest = JSON.stringify(readLiveSchema(db), null, 2);
  db.close();
  return (
    `${HEADER}import type { SchemaManifest } from "@agent-assembly/migrations";\n\n` +
    `export const SCHEMA_MANIFEST: SchemaManifest = ${manifest};\n`
  );
}

const sources = readSources();
const outputs = { "migrations.gen.ts": migrationsModule(sources), "manifest.gen.ts": await schemaModule(sources) };
const check = process.argv.includes("--check");
for (const [name, text] of Object.entries(outputs)) {
  const file = join(root, "src/schema", name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
  if (check) {
    console.error(`src/schema/${name} is out of date; run "node scripts/generate.mjs" in packages/storage-sqlite`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`wrote src/schema/${name}`);
  }
}

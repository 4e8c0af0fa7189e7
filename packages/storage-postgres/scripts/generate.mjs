// Writes src/schema/migrations.gen.ts (the SQL inlined, so that bundlers work) and src/schema/manifest.gen.ts (the schema the
// migrations make, for verifying live ones). Starts a server. Uses dist: build first, where the .gen.ts files may be old.
// With --check it only says whether they are fresh.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

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
  const { parseMigration, runMigrations } = await import("@agent-assembly/migrations");
  const { createDatabase, provideServices } = await import("@agent-assembly/test-services");
  const { connect } = await import("../dist/driver/client/connect.js");
  const { readLiveSchema } = await import("../dist/schema/live-schema.js");
  const { PostgresMigrationDriver } = await import("../dist/schema/migration-driver.js");
  const { parsePostgresOptions } = await import("../dist/options.js");
  const { services, stop } = await provideServices(["postgres"]);
  try {
    const profile = services.profiles.find(({ name }) => name === "postgres");
    if (profile === undefined) throw new Error(`no PostgreSQL: ${JSON.stringify(services.missing)}`);
    const database = await createDatabase(profile.url, "generate");
    const sql = connect({
      ...parsePostgresOptions({ url: database.url }),
      applicationName: "generate",
      maxConnections: 2,
    });
    try {
      const driver = new PostgresMigrationDriver(sql, { schema: "public", lockTimeoutMs: 1000 });
      const migrations = sources.map(({ fileName, sql: text }) => parseMigration(fileName, text));
      await runMigrations(driver, migrations, { toolVersion: "generate" });
      const manifest = JSON.stringify(await readLiveSchema(sql, "public"), null, 2);
      return (
        `${HEADER}import type { SchemaManifest } from "@agent-assembly/migrations";\n\n` +
        `export const SCHEMA_MANIFEST: SchemaManifest = ${manifest};\n`
      );
    } finally {
      await sql.end();
      await database.drop();
    }
  } finally {
    await stop();
  }
}

const check = process.argv.includes("--check");
const sources = readSources();

function write(name, text) {
  const file = join(root, "src/schema", name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  if (check) {
    console.error(`src/schema/${name} is out of date; run "node scripts/generate.mjs" in packages/storage-postgres`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`wrote src/schema/${name}`);
  }
}

write("migrations.gen.ts", migrationsModule(sources));
write("manifest.gen.ts", await schemaModule(sources));

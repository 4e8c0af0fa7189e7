import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import type { StorageErrorCode } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { migrateSqlite, sqliteMigrationStatus } from "../../src/migrate.js";
import type { SqliteStorageOptions } from "../../src/options.js";
import { SQLITE_MIGRATIONS } from "../../src/schema/migrations.js";
import { runChild } from "../support/child.js";
import { failureOf } from "../support/failure.js";
import { createDatabase, open } from "../support/open.js";
import { OPEN_SCRIPT } from "../support/open-script.js";
import { digestOf, tempFolder } from "../support/temp-folder.js";

interface Case {
  readonly what: string;
  readonly code: StorageErrorCode;
  /** Parts of the message; it always names the path. */
  readonly says: readonly string[];
  readonly options?: Partial<SqliteStorageOptions>;
  prepare(path: string): void | Promise<void>;
}

const ours = async (path: string, sql: string): Promise<void> => {
  await createDatabase(path);
  new Database(path).exec(sql).close();
};

const foreign = (path: string, sql: string): void => void new Database(path).exec(sql).close();

const LATEST = SQLITE_MIGRATIONS.length;
const NEWER = `INSERT INTO aasm_migrations SELECT version + 1, '9999_future.sql', 'x', applied_at, 0, '7.0.0', state
  FROM aasm_migrations WHERE version = ${LATEST}`;
/** The history of a database from before the first release, when there were more migrations. */
const BEFORE_RELEASE = `DELETE FROM aasm_migrations WHERE version > 1;
  UPDATE aasm_migrations SET checksum = 'bcc7720855350305b2c799d29bc6820219a7f7d13f662b63678c536d0b8e8082';
  INSERT INTO aasm_migrations SELECT version + 1, '0002_holds_archives.sql', 'x', applied_at, 0, '0.0.0', state
  FROM aasm_migrations;`;

const CASES: readonly Case[] = [
  {
    what: "a file that is no database",
    code: "corrupt",
    says: ["is not a SQLite database"],
    prepare: (path) => writeFileSync(path, "hello, this is a text file\n".repeat(50)),
  },
  {
    what: "a very short file",
    code: "corrupt",
    says: ["is not a SQLite database"],
    prepare: (path) => writeFileSync(path, "x"),
  },
  {
    what: "a truncated database",
    code: "corrupt",
    says: ["is truncated", "Restore a backup"],
    prepare: async (path) => {
      await createDatabase(path);
      truncateSync(path, 20_000);
    },
  },
  {
    what: "a database whose first page is damaged",
    code: "corrupt",
    says: ["damaged"],
    prepare: async (path) => {
      await createDatabase(path);
      const bytes = readFileSync(path);
      bytes.fill(0xff, 100, 4096);
      writeFileSync(path, bytes);
    },
  },
  {
    what: "another application's database",
    code: "corrupt",
    says: ["another application", "Choose another path"],
    prepare: (path) => foreign(path, "CREATE TABLE notes (body TEXT); INSERT INTO notes VALUES ('keep me')"),
  },
  {
    what: "another application's database in WAL mode",
    code: "corrupt",
    says: ["another application"],
    prepare: (path) => foreign(path, "PRAGMA journal_mode = WAL; CREATE TABLE notes (body TEXT)"),
  },
  {
    what: "another application's empty database",
    code: "corrupt",
    says: ["another application"],
    prepare: (path) => foreign(path, "PRAGMA application_id = 7; VACUUM"),
  },
  {
    what: "a table of ours in another application's database",
    code: "corrupt",
    says: ["another application"],
    prepare: (path) => foreign(path, "PRAGMA application_id = 7; CREATE TABLE aasm_migrations (version)"),
  },
  {
    what: "a database of newer software",
    code: "schema_newer",
    says: [`the schema has version ${LATEST + 1} (9999_future.sql)`, "version 7.0.0", "Upgrade"],
    prepare: (path) => ours(path, NEWER),
  },
  {
    what: "an edited migration",
    code: "migration_failed",
    says: ["0001_initial.sql was edited after it was applied"],
    prepare: (path) => ours(path, "UPDATE aasm_migrations SET checksum = 'x'"),
  },
  {
    what: "a database from before the first release",
    code: "migration_failed",
    says: ["0001_initial.sql replaces the migration", "Export its data", "checkout", "import it into a new database"],
    prepare: (path) => ours(path, BEFORE_RELEASE),
  },
  {
    what: "an outdated database, asked only to check",
    code: "schema_outdated",
    says: ["version 0", "aasm migrate", "0001_initial.sql"],
    options: { migrate: "check" },
    prepare: (path) => ours(path, "DELETE FROM aasm_migrations"),
  },
];

describe("a refused database", () => {
  it.each(CASES)("$what: $code, and stays byte for byte as it was", async ({ code, says, options, prepare }) => {
    const folder = tempFolder();
    const path = `${folder}/local.db`;
    await prepare(path);
    const before = digestOf(path);
    const error = await failureOf(() => open({ path, ...options }));
    expect(error.code, error.message).toBe(code);
    for (const part of [path, ...says]) expect(error.message).toContain(part);
    expect(digestOf(path)).toBe(before);
    expect(readdirSync(folder)).toEqual(["local.db"]);
  });

  it("of newer software with commits still in the WAL stays as it was", async () => {
    const folder = tempFolder();
    await createDatabase(`${folder}/a.db`);
    const writer = new Database(`${folder}/a.db`);
    writer.pragma("journal_mode = WAL");
    writer.exec(NEWER);
    for (const suffix of ["", "-wal"]) copyFileSync(`${folder}/a.db${suffix}`, `${folder}/b.db${suffix}`);
    const before = ["", "-wal"].map((suffix) => digestOf(`${folder}/b.db${suffix}`));
    expect((await failureOf(() => open({ path: `${folder}/b.db` }))).code).toBe("schema_newer");
    expect(["", "-wal"].map((suffix) => digestOf(`${folder}/b.db${suffix}`))).toEqual(before);
    writer.close();
  });

  it("refuses to migrate what opening refuses, and reports it as status", async () => {
    const path = `${tempFolder()}/local.db`;
    await ours(path, NEWER);
    expect((await failureOf(() => migrateSqlite(path))).code).toBe("schema_newer");
    expect((await failureOf(() => migrateSqlite(path, { dryRun: true }))).code).toBe("schema_newer");
    expect(await sqliteMigrationStatus(path)).toMatchObject({ state: "refused", version: LATEST + 1, latest: LATEST });
  });

  it("refuses to migrate a database from before the first release, and says so in its status", async () => {
    const path = `${tempFolder()}/local.db`;
    await ours(path, BEFORE_RELEASE);
    for (const dryRun of [true, false]) {
      expect((await failureOf(() => migrateSqlite(path, { dryRun }))).message).toContain("Export its data");
    }
    const { state, problem } = await sqliteMigrationStatus(path);
    expect([state, problem?.message]).toEqual(["refused", expect.stringContaining("Export its data")]);
  });
});

describe("a path that cannot be a database", () => {
  it("is invalid_argument for a folder", async () => {
    const error = await failureOf(() => open({ path: tempFolder() }));
    expect([error.code, error.message]).toEqual(["invalid_argument", expect.stringContaining("is a folder")]);
  });

  it("is invalid_argument below a file", async () => {
    const folder = tempFolder();
    writeFileSync(`${folder}/file`, "");
    expect((await failureOf(() => open({ path: `${folder}/file/local.db` }))).code).toBe("invalid_argument");
  });
});

describe("missing permissions", () => {
  const NOBODY = 65_534;
  const give = (path: string, mode: number): void => {
    if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY);
    chmodSync(path, mode);
  };
  const openAsNobody = async (path: string): Promise<{ code?: string; message?: string; ok: boolean }> => {
    const { stdout, stderr } = await runChild(OPEN_SCRIPT, [path], { asNobody: true });
    expect(stderr).toBe("");
    return JSON.parse(stdout) as { code?: string; message?: string; ok: boolean };
  };

  it("a folder of one's own works (the counter-check)", async () => {
    const folder = tempFolder();
    give(folder, 0o700);
    expect(await openAsNobody(`${folder}/local.db`)).toMatchObject({ ok: true });
  });

  it.each([
    ["a read-only file", 0o700, 0o400, "local.db is not readable and writable"],
    ["an unreadable file", 0o700, 0o200, "local.db is not readable and writable"],
    ["a read-only folder", 0o500, 0o600, "is not writable"],
    ["a folder that may not be entered", 0o600, 0o600, "is not enterable"],
  ])("%s is permission_denied and stays as it was", async (_what, folderMode, fileMode, says) => {
    const folder = `${tempFolder()}/inner`;
    mkdirSync(folder);
    chmodSync(`${folder}/..`, 0o755);
    const path = `${folder}/local.db`;
    await createDatabase(path);
    const before = digestOf(path);
    give(path, fileMode);
    give(folder, folderMode);
    const result = await openAsNobody(path);
    chmodSync(folder, 0o700);
    chmodSync(path, 0o600);
    expect(result).toMatchObject({ ok: false, code: "permission_denied" });
    expect(result.message).toContain(says);
    expect(result.message).toContain("Change its permissions or owner");
    expect(digestOf(path)).toBe(before);
  });

  it("a folder that may not be created is permission_denied", async () => {
    const folder = tempFolder();
    give(folder, 0o500);
    const result = await openAsNobody(`${folder}/new/local.db`);
    expect(result).toMatchObject({ ok: false, code: "permission_denied" });
    expect(result.message).toContain(`${folder}/new/local.db`);
  });
});

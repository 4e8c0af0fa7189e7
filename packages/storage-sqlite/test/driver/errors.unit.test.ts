import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { describe, expect, it } from "vitest";
import { classifySqliteError, isBusy } from "../../src/driver/errors.js";
import { tempFolder } from "../support/temp-folder.js";

const sqlite = (code: string, message = "driver text"): Error => new Database.SqliteError(message, code);
const system = (code: string): Error => Object.assign(new Error("driver text"), { code });

describe("classifySqliteError", () => {
  it.each([
    ["SQLITE_BUSY", "busy", true],
    ["SQLITE_BUSY_SNAPSHOT", "busy", true],
    ["SQLITE_BUSY_RECOVERY", "busy", true],
    ["SQLITE_LOCKED", "busy", true],
    ["SQLITE_LOCKED_SHAREDCACHE", "busy", true],
    ["SQLITE_PROTOCOL", "busy", true],
    ["SQLITE_FULL", "full", false],
    ["SQLITE_READONLY", "permission_denied", false],
    ["SQLITE_READONLY_DIRECTORY", "permission_denied", false],
    ["SQLITE_READONLY_DBMOVED", "unavailable", true],
    ["SQLITE_PERM", "permission_denied", false],
    ["SQLITE_AUTH", "permission_denied", false],
    ["SQLITE_CORRUPT", "corrupt", false],
    ["SQLITE_CORRUPT_INDEX", "corrupt", false],
    ["SQLITE_NOTADB", "corrupt", false],
    ["SQLITE_IOERR", "unavailable", true],
    ["SQLITE_IOERR_READ", "unavailable", true],
    ["SQLITE_IOERR_FSYNC", "unavailable", true],
    ["SQLITE_IOERR_WRITE", "full", false],
    ["SQLITE_IOERR_SHMSIZE", "full", false],
    ["SQLITE_CONSTRAINT", "conflict", false],
    ["SQLITE_CONSTRAINT_UNIQUE", "conflict", false],
    ["SQLITE_CONSTRAINT_PRIMARYKEY", "conflict", false],
    ["SQLITE_CONSTRAINT_FOREIGNKEY", "conflict", false],
    ["SQLITE_CONSTRAINT_CHECK", "conflict", false],
    ["SQLITE_TOOBIG", "invalid_argument", false],
    ["SQLITE_NOMEM", "unavailable", true],
    ["SQLITE_INTERRUPT", "timeout", true],
    ["SQLITE_SCHEMA", "busy", true],
    ["SQLITE_CANTOPEN", "unavailable", true],
    ["ERR_DLOPEN_FAILED", "unavailable", false],
    ["SQLITE_ERROR", "internal", false],
    ["SQLITE_MISUSE", "internal", false],
    ["SQLITE_SOMETHING_NEW", "internal", false],
  ] as const)("%s is %s", (code, expected, retryable) => {
    const error = classifySqliteError(sqlite(code), "/data/local.db");
    const viaFolder = code === "SQLITE_CANTOPEN" ? classifySqliteError(sqlite(code)) : error;
    expect([viaFolder.code, viaFolder.retryable]).toEqual([expected, retryable]);
    expect(error.message).toContain("SQLite database /data/local.db: ");
  });

  it.each([
    ["ENOSPC", "full"],
    ["EDQUOT", "full"],
    ["EACCES", "permission_denied"],
    ["EPERM", "permission_denied"],
    ["EROFS", "permission_denied"],
    ["ENOENT", "not_found"],
    ["ENOTDIR", "invalid_argument"],
    ["EMFILE", "unavailable"],
    ["EIO", "unavailable"],
    ["EWHATEVER", "internal"],
  ] as const)("the file system's %s is %s", (code, expected) => {
    expect(classifySqliteError(system(code)).code).toBe(expected);
  });

  it("explains a file that cannot be opened by looking at its path", () => {
    const folder = tempFolder();
    expect(classifySqliteError(sqlite("SQLITE_CANTOPEN"), `${folder}/none/x.db`).code).toBe("not_found");
    expect(classifySqliteError(sqlite("SQLITE_CANTOPEN_ISDIR"), `${folder}/x.db`).code).toBe("unavailable");
  });

  it("knows the driver's closed connection", () => {
    const db = new Database(":memory:");
    db.close();
    expect(classify(() => db.prepare("SELECT 1")).code).toBe("closed");
  });

  it("knows a missing table", () => {
    const db = new Database(":memory:");
    const error = classify(() => db.prepare("SELECT * FROM agent_registry"));
    expect(error.code).toBe("schema_outdated");
    expect(error.message).toContain("aasm migrate");
  });

  it("never shows a statement's parameters, and drops the wrapper that does", () => {
    const driver = sqlite("SQLITE_CONSTRAINT_UNIQUE", "UNIQUE constraint failed: agent_registry.agent_id");
    const error = classifySqliteError(
      new DrizzleQueryError("INSERT INTO agent_registry VALUES (?)", ["top-secret"], driver),
    );
    expect(error.code).toBe("conflict");
    expect(error.cause).toMatchObject({
      code: "SQLITE_CONSTRAINT_UNIQUE",
      message: "SqliteError SQLITE_CONSTRAINT_UNIQUE",
    });
    for (let part: unknown = error; part instanceof Error; part = part.cause) {
      expect(`${part.message} ${part.stack}`).not.toContain("top-secret");
    }
  });

  it("leaves a StorageError as it is", () => {
    const error = new StorageError({ code: "full", message: "m" });
    expect(classifySqliteError(error)).toBe(error);
  });

  it("calls anything else internal, without its text", () => {
    const error = classifySqliteError(new TypeError("secret"));
    expect([error.code, error.message]).toEqual(["internal", "SQLite database: an unexpected TypeError was thrown"]);
    expect(classifySqliteError("text").message).toBe("SQLite database: an unexpected string was thrown");
  });

  it("stops at a circle of causes", () => {
    const error = new Error("a");
    error.cause = error;
    expect(isStorageError(classifySqliteError(error), "internal")).toBe(true);
  });
});

describe("isBusy", () => {
  it("knows the driver's errors and ours", () => {
    expect(isBusy(sqlite("SQLITE_BUSY"))).toBe(true);
    expect(isBusy(new DrizzleQueryError("q", [], sqlite("SQLITE_LOCKED")))).toBe(true);
    expect(isBusy(new StorageError({ code: "busy", message: "m" }))).toBe(true);
    expect(isBusy(sqlite("SQLITE_FULL"))).toBe(false);
    expect(isBusy(undefined)).toBe(false);
  });
});

function classify(work: () => unknown): StorageError {
  try {
    work();
  } catch (error) {
    return classifySqliteError(error);
  }
  throw new Error("expected an error");
}

import { type ErrorLocation, isStorageError, StorageError } from "@agent-assembly/storage-core";
import { causeWithCode, codeOf, type ErrorVerdict } from "@agent-assembly/storage-core/backend";
import { whyCannotOpen } from "./cannot-open.js";
import { isMissingDriver, whyNoDriver } from "./missing-driver.js";

/** The longest matching prefix of the driver's code applies; order does not matter. */
const BY_SQLITE_CODE: Readonly<Record<string, ErrorVerdict>> = {
  SQLITE_BUSY: { code: "busy", message: "another connection is writing to the database", remedy: "Try again." },
  SQLITE_LOCKED: { code: "busy", message: "another statement holds the table", remedy: "Try again." },
  SQLITE_FULL: { code: "full", message: "no space is left for the database", remedy: "Free some disk space." },
  SQLITE_READONLY: {
    code: "permission_denied",
    message: "the database is read-only",
    remedy: "Make the file and its folder writable.",
  },
  SQLITE_READONLY_DBMOVED: {
    code: "unavailable",
    message: "the database file was moved or deleted while open",
    remedy: "Put it back and open it again.",
  },
  SQLITE_PERM: {
    code: "permission_denied",
    message: "the file system refuses access to the database",
    remedy: "Check its permissions.",
  },
  SQLITE_AUTH: { code: "permission_denied", message: "the database refuses this statement" },
  SQLITE_CORRUPT: { code: "corrupt", message: "the database file is damaged", remedy: "Restore a backup." },
  SQLITE_NOTADB: { code: "corrupt", message: "the file is not a SQLite database", remedy: "Choose another path." },
  SQLITE_IOERR: {
    code: "unavailable",
    message: "reading or writing the database file failed",
    remedy: "Check the disk.",
  },
  SQLITE_IOERR_WRITE: {
    code: "full",
    message: "writing the database file failed",
    remedy: "Check the free space, the quota and the disk.",
  },
  SQLITE_IOERR_SHMSIZE: {
    code: "full",
    message: "no space is left for the database's shared memory",
    remedy: "Free some disk space.",
  },
  SQLITE_NOMEM: { code: "unavailable", message: "the process is out of memory" },
  SQLITE_CONSTRAINT: { code: "conflict", message: "the change violates a constraint of the stored data" },
  SQLITE_TOOBIG: {
    code: "invalid_argument",
    message: "a value is larger than SQLite can store",
    remedy: "Shorten it.",
  },
  SQLITE_INTERRUPT: { code: "timeout", message: "the statement was interrupted" },
  SQLITE_PROTOCOL: { code: "busy", message: "the database's locks are contended", remedy: "Try again." },
  SQLITE_NOLFS: { code: "unavailable", message: "the file system does not support files this large" },
  SQLITE_SCHEMA: { code: "busy", message: "the schema changed meanwhile", remedy: "Try again." },
};

const BY_SYSTEM_CODE: Readonly<Record<string, ErrorVerdict>> = {
  ENOSPC: { code: "full", message: "no space is left on the disk", remedy: "Free some space." },
  EDQUOT: { code: "full", message: "the disk quota is used up", remedy: "Free some space." },
  EACCES: {
    code: "permission_denied",
    message: "the file system refuses access",
    remedy: "Check the permissions of the file and its folder.",
  },
  EPERM: {
    code: "permission_denied",
    message: "the file system refuses access",
    remedy: "Check the permissions of the file and its folder.",
  },
  EROFS: { code: "permission_denied", message: "the file system is mounted read-only", remedy: "Choose another path." },
  ENOENT: { code: "not_found", message: "the file or folder does not exist" },
  ENOTDIR: { code: "invalid_argument", message: "a part of the path is a file, not a folder" },
  EMFILE: { code: "unavailable", message: "the process has too many files open" },
  ENFILE: { code: "unavailable", message: "the system has too many files open" },
  EIO: { code: "unavailable", message: "the disk reported an error" },
};

/**
 * Maps errors of better-sqlite3, drizzle and the file system to our codes. The message is ours and contains neither a
 * statement nor its parameters; drizzle's wrapper, which prints both, is removed from the causes.
 * @param path names the database in the message, and is inspected to explain "cannot open"
 */
export function classifySqliteError(error: unknown, path?: string): StorageError {
  if (isStorageError(error)) return error;
  const cause = causeWithCode(error);
  const code = codeOf(cause);
  const verdict = judge(cause, code, path);
  const label = code === undefined ? "" : ` (${code})`;
  const location = locationOf(path);
  return new StorageError({ ...verdict, message: `${verdict.message}${label}`, location, cause });
}

/** A database, for errors. @param path absent where it is not known */
export function locationOf(path: string | undefined): ErrorLocation {
  return { kind: "SQLite database", place: path };
}

/** True when the driver reports that another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  if (isStorageError(error)) return error.code === "busy";
  const code = codeOf(causeWithCode(error));
  return code !== undefined && /^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code);
}

function judge(error: unknown, code: string | undefined, path: string | undefined): ErrorVerdict {
  if (isMissingDriver(error)) return { code: "unavailable", ...whyNoDriver(error), retryable: false };
  const text = error instanceof Error ? error.message : "";
  if (code === undefined) {
    return /database connection is not open/i.test(text)
      ? { code: "closed", message: "the connection is closed", remedy: "Open the storage again." }
      : { code: "internal", message: `an unexpected ${error instanceof Error ? error.name : typeof error} was thrown` };
  }
  if (code.startsWith("SQLITE_CANTOPEN")) return whyCannotOpen(path);
  if (code === "SQLITE_ERROR" && /^no such (table|column|view)|has no column named/.test(text)) {
    return {
      code: "schema_outdated",
      message: "a table or column of the schema is missing",
      remedy: 'Run "aasm migrate", then "aasm migrate --verify".',
    };
  }
  return (
    BY_SYSTEM_CODE[code] ??
    longestPrefix(code) ?? { code: "internal", message: "the statement failed, which is a defect of this software" }
  );
}

function longestPrefix(code: string): ErrorVerdict | undefined {
  for (let prefix = code; prefix.includes("_"); prefix = prefix.slice(0, prefix.lastIndexOf("_"))) {
    const verdict = BY_SQLITE_CODE[prefix];
    if (verdict !== undefined) return verdict;
  }
  return undefined;
}

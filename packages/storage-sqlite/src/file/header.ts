import { existsSync, fstatSync, readSync, statSync } from "node:fs";
import { withDescriptor } from "./held-files.js";
import { APPLICATION_ID, markOf } from "./identity.js";

const MAGIC = Buffer.from("SQLite format 3\u0000", "latin1");
const HEADER_BYTES = 100;
const OFFSET = {
  pageSize: 16,
  writeVersion: 18,
  changeCounter: 24,
  pageCount: 28,
  userVersion: 60,
  applicationId: 68,
  validFor: 92,
} as const;
/** `writeVersion` of a database whose commits go to a -wal first. */
const WAL_VERSION = 2;

/** What the first 100 bytes of a database file say. */
export interface FileHeader {
  readonly fileBytes: number;
  /** False when the file does not start as SQLite's files do. */
  readonly isSqlite: boolean;
  readonly applicationId: number;
  readonly pageBytes: number;
  /** Bytes the file should have; 0 when the header does not know. */
  readonly expectedBytes: number;
  /** Commits go to a -wal first. */
  readonly isWal: boolean;
  /**
   * Whether a process of ours had it open for writing, and none has closed it since: its -wal may have what it has not.
   * `copied`: that was another file, of which this one is a copy.
   */
  readonly leftOpen: "no" | "here" | "copied";
}

/** Reads the header without SQLite, which would create files beside it. */
export function readFileHeader(path: string): FileHeader {
  const buffer = Buffer.alloc(HEADER_BYTES);
  const { size: fileBytes, ino } = withDescriptor(path, (file) => {
    // Before the content: a file that another process fills at this moment is still empty, rather than not SQLite's.
    const found = fstatSync(file);
    readSync(file, buffer, 0, HEADER_BYTES, 0);
    return found;
  });
  // The stored value 1 stands for 65,536, which does not fit.
  const storedPageSize = buffer.readUInt16BE(OFFSET.pageSize);
  const pageBytes = storedPageSize === 1 ? 65_536 : storedPageSize;
  // Very old writers do not keep the page count; the two counters differ then.
  const countIsValid = buffer.readUInt32BE(OFFSET.changeCounter) === buffer.readUInt32BE(OFFSET.validFor);
  const isWal = buffer[OFFSET.writeVersion] === WAL_VERSION;
  const applicationId = buffer.readInt32BE(OFFSET.applicationId);
  const mark = buffer.readUInt32BE(OFFSET.userVersion);
  return {
    fileBytes,
    isSqlite: buffer.subarray(0, MAGIC.length).equals(MAGIC),
    applicationId,
    isWal,
    leftOpen:
      !isWal || applicationId !== APPLICATION_ID || mark === 0 ? "no" : mark === markOf(ino) ? "here" : "copied",
    pageBytes,
    expectedBytes: countIsValid ? buffer.readUInt32BE(OFFSET.pageCount) * pageBytes : 0,
  };
}

/** Size of a file beside the database, e.g. its `-wal`; 0 when there is none. */
export function sidecarBytes(path: string, suffix: "-wal" | "-journal"): number {
  return statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0;
}

/** Whether there is a file beside the database, which may be empty. */
export function hasSidecar(path: string, suffix: "-wal" | "-shm" | "-journal"): boolean {
  return existsSync(path + suffix);
}

import { closeSync, constants, fstatSync, openSync, readSync, statSync } from "node:fs";

const { O_RDONLY, O_NONBLOCK = 0 } = constants;

const MAGIC = Buffer.from("SQLite format 3\u0000", "latin1");
const HEADER_BYTES = 100;
const OFFSET = { pageSize: 16, changeCounter: 24, pageCount: 28, applicationId: 68, validFor: 92 } as const;

/** What the first 100 bytes of a database file say. */
export interface FileHeader {
  readonly fileBytes: number;
  /** False when the file does not start as SQLite's files do. */
  readonly isSqlite: boolean;
  readonly applicationId: number;
  readonly pageBytes: number;
  /** Bytes the file should have; 0 when the header does not know. */
  readonly expectedBytes: number;
}

/** Reads the header without SQLite, which would create files beside it. */
export function readFileHeader(path: string): FileHeader {
  const buffer = Buffer.alloc(HEADER_BYTES);
  // Should a FIFO be there by now, opening it must not wait for its other end.
  const file = openSync(path, O_RDONLY | O_NONBLOCK);
  let fileBytes: number;
  try {
    // Before the content: a file that another process fills at this moment is still empty, rather than not SQLite's.
    fileBytes = fstatSync(file).size;
    readSync(file, buffer, 0, HEADER_BYTES, 0);
  } finally {
    closeSync(file);
  }
  // The stored value 1 stands for 65,536, which does not fit.
  const storedPageSize = buffer.readUInt16BE(OFFSET.pageSize);
  const pageBytes = storedPageSize === 1 ? 65_536 : storedPageSize;
  // Very old writers do not keep the page count; the two counters differ then.
  const countIsValid = buffer.readUInt32BE(OFFSET.changeCounter) === buffer.readUInt32BE(OFFSET.validFor);
  return {
    fileBytes,
    isSqlite: buffer.subarray(0, MAGIC.length).equals(MAGIC),
    applicationId: buffer.readInt32BE(OFFSET.applicationId),
    pageBytes,
    expectedBytes: countIsValid ? buffer.readUInt32BE(OFFSET.pageCount) * pageBytes : 0,
  };
}

/** Size of a file beside the database, e.g. its `-wal`; 0 when there is none. */
export function sidecarBytes(path: string, suffix: "-wal" | "-journal"): number {
  return statSync(path + suffix, { throwIfNoEntry: false })?.size ?? 0;
}

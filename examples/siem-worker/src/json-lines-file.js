import { open } from "node:fs/promises";

/** Longer than any line: a payload has at most 256 KiB. */
const LAST_BYTES = 1024 * 1024;
const NEWLINE = 10;

/**
 * A file of JSON lines, each an event and its position. The position to resume from is that of the last line, so that event
 * and position are written together or not at all: whatever happens, no event is missing and none is there twice.
 */
export class JsonLinesFile {
  /** @param {import("node:fs/promises").FileHandle} file @param {string | undefined} position */
  constructor(file, position) {
    this.file = file;
    /** Of the last event in the file; `undefined` in an empty one. */
    this.position = position;
  }

  /** Opens the file, and removes a last line that was being written when the process ended. @param {string} path */
  static async open(path) {
    const file = await open(path, "a+", 0o600);
    const { size } = await file.stat();
    const start = Math.max(0, size - LAST_BYTES);
    const { buffer } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const end = buffer.lastIndexOf(NEWLINE);
    await file.truncate(start + end + 1);
    if (end === -1) return new JsonLinesFile(file, undefined);
    const line = buffer.toString("utf8", end === 0 ? 0 : buffer.lastIndexOf(NEWLINE, end - 1) + 1, end);
    return new JsonLinesFile(file, JSON.parse(line).position);
  }

  /** @param {import("@agent-assembly/storage").AuditEvent} event @param {string} position */
  async write(event, position) {
    await this.file.appendFile(`${JSON.stringify({ position, ...event })}\n`);
  }

  async close() {
    await this.file.datasync();
    await this.file.close();
  }
}

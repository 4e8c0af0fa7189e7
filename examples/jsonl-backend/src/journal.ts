import {
  closeSync,
  constants,
  createReadStream,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  realpathSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { StorageError, type StorageErrorInit } from "@agent-assembly/storage-core";
import { lock } from "./lock.js";

/** Data in memory whose changes are in the journal. */
export interface Replayed {
  apply(change: never): void;
}

const HEADER = '{"format":"aasm-jsonl","version":1}';
/** Of the member `crc`, which a line begins with. */
const CHECKSUM_LENGTH = '{"crc":"01234567",'.length;
const NEWLINE = 10;

/** An append-only file with one change on each line. A change counts once its line is complete on the disk. */
export class Journal {
  readonly path: string;
  readonly #fd: number;
  readonly #unlock: () => void;
  #isOpen = true;
  /** Bytes of complete lines. */
  #length = 0;
  #lines = 0;
  /** Whether a failed write may have left something behind the complete lines. */
  #hasRemains = false;

  /** @throws `busy` while another process has it open, and errors of the file system */
  constructor(path: string) {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    this.#fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      this.path = realpathSync(path);
      this.#unlock = lock(this.path);
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Makes the changes of the file again, each in the part that recorded it. @throws `corrupt`, `schema_newer` */
  async replay(parts: Readonly<Record<string, Replayed>>): Promise<void> {
    for await (const { text, bytes, isComplete } of linesOf(this.path)) {
      if (this.#lines === 0) this.#checkHeader(text, isComplete);
      if (!isComplete) {
        this.#cut(bytes);
        break;
      }
      if (this.#lines > 0) {
        const { kind, change } = this.#parse(text);
        const part = parts[kind];
        if (part === undefined) throw this.#corrupt("it has an unknown kind of change");
        part.apply(change as never);
      }
      this.#length += bytes;
      this.#lines++;
    }
    if (this.#lines === 0) this.#create();
  }

  /** Adds a change, and returns when it is on the disk. If it throws, the change is not in the file. */
  write(kind: string, change: unknown): void {
    const body = JSON.stringify({ kind, change });
    this.#append(`{"crc":"${checksum(body)}",${body.slice(1)}\n`);
  }

  /** @throws `closed`; `unavailable` when the path leads to another file or to none */
  measure(): { readonly fileBytes: number; readonly changes: number } {
    if (!this.#isOpen) throw new StorageError({ code: "closed", message: "the storage is closed" });
    if (statSync(this.path, { throwIfNoEntry: false })?.ino !== fstatSync(this.#fd).ino) {
      const message = "the file was moved or deleted while it was open";
      throw new StorageError({ code: "unavailable", message, remedy: "Put it back, and open it again." });
    }
    return { fileBytes: this.#length, changes: Math.max(0, this.#lines - 1) };
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
    this.#unlock();
  }

  #append(line: string): void {
    this.measure();
    const bytes = Buffer.from(line);
    if (this.#hasRemains) ftruncateSync(this.#fd, this.#length);
    this.#hasRemains = true;
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#length + done);
    }
    fdatasyncSync(this.#fd);
    this.#hasRemains = false;
    this.#length += bytes.length;
    this.#lines++;
  }

  #create(): void {
    this.#append(`${HEADER}\n`);
    // The entry of the file in its folder has to be on the disk, too. Windows cannot do this, and need not.
    if (process.platform === "win32") return;
    const folder = openSync(dirname(this.path), constants.O_RDONLY);
    fsyncSync(folder);
    closeSync(folder);
  }

  /** The end of a line that a crash interrupted: its change was never acknowledged. */
  #cut(bytes: number): void {
    ftruncateSync(this.#fd, this.#length);
    fdatasyncSync(this.#fd);
    process.emitWarning(`${this.path}: removed ${bytes} bytes of a change that was being written when a process ended`);
  }

  #checkHeader(text: string, isComplete: boolean): void {
    if (isComplete ? text === HEADER : HEADER.startsWith(text)) return;
    const version = /^\{"format":"aasm-jsonl","version":(\d+)\}$/.exec(text)?.[1];
    if (version === undefined) throw this.#corrupt("it does not begin a store of this backend", "Choose another path.");
    const message = `the file has version ${version} of the format, and 1 is the newest that this package reads`;
    throw this.#failed({ code: "schema_newer", message, remedy: "Update the package." });
  }

  #parse(text: string): { readonly kind: string; readonly change: unknown } {
    // A change of many events is a line of megabytes, which a pattern must not run over.
    const [, expected] = /^\{"crc":"([0-9a-f]{8})",/.exec(text) ?? [];
    const body = `{${text.slice(CHECKSUM_LENGTH)}`;
    if (checksum(body) !== expected) throw this.#corrupt("its checksum does not match");
    return JSON.parse(body) as { kind: string; change: unknown };
  }

  #corrupt(problem: string, remedy = "Restore a backup."): StorageError {
    return this.#failed({ code: "corrupt", message: `the line is damaged: ${problem}`, remedy });
  }

  /** About the line after the last good one. */
  #failed(init: StorageErrorInit): StorageError {
    return new StorageError({ ...init, location: { kind: "JSONL file", place: this.path, line: this.#lines + 1 } });
  }
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, "0");
}

interface Line {
  readonly text: string;
  /** With the newline. */
  readonly bytes: number;
  /** False for what follows the last newline. */
  readonly isComplete: boolean;
}

/** Not `node:readline`, which also ends lines where JSON text has U+2028, and hides whether the last one is complete. */
async function* linesOf(path: string): AsyncGenerator<Line> {
  let begun: Buffer[] = [];
  const line = (isComplete: boolean, end: Buffer): Line => {
    const whole = Buffer.concat([...begun, end]);
    begun = [];
    return { text: whole.toString("utf8"), bytes: whole.length + (isComplete ? 1 : 0), isComplete };
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      yield line(true, chunk.subarray(start, end));
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield line(false, Buffer.alloc(0));
}

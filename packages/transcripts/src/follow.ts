import { StorageError } from "@agent-assembly/storage-core";
import { type Line, LineSplitter } from "./bytes/lines.js";
import { DocumentReader } from "./document-reader.js";
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from "./format-names.js";
import { isCsvHeader } from "./formats/csv.js";
import { problem, type TranscriptItem } from "./item.js";
import { hasLines, LineDocuments } from "./json/read-documents.js";
import { parseOptions, type ReadTranscriptOptions } from "./options.js";

/** Formats whose sources are written as a whole, or again from the beginning. */
const WHOLE: readonly TranscriptFormat[] = ["csv", "inspect", "swe-agent"];
const FOLLOWED = TRANSCRIPT_FORMATS.filter((format) => !WHOLE.includes(format));
/** What the first bytes say of a source whose lines cannot be waited for. */
const NO_UTF8: readonly (readonly [RegExp, string])[] = [
  [/^1f8b/, "is compressed (gzip)"],
  [/^28b52ffd/, "is compressed (Zstandard)"],
  [/^(?:fffe|feff|00(?!00)|(?!00)..00)/, "is UTF-16"],
];

/**
 * Reads a source that is still being written, of one JSON value a line. A line counts once it is complete. What was fed before
 * is never needed again: a source that was cut off or replaced needs a new follower, and what it repeats is stored once.
 */
export class TranscriptFollower {
  readonly #wanted: TranscriptFormat | "auto";
  readonly #lines = new LineSplitter();
  readonly #documents = new LineDocuments();
  readonly #reader: DocumentReader;
  /** Why no more of it is read. */
  #refusal: string | undefined;
  /** The first bytes, until they are enough to be looked at. */
  #head: Buffer | undefined = Buffer.alloc(0);
  #began = false;
  #ended = false;

  /** @throws `invalid_argument` for an unknown option, or a format whose sources are written as a whole */
  constructor(options: ReadTranscriptOptions = {}) {
    const reader = parseOptions(options);
    this.#wanted = options.format ?? "auto";
    if (this.#wanted !== "auto" && WHOLE.includes(this.#wanted)) {
      throw new StorageError({
        code: "invalid_argument",
        option: "format",
        message: `{option} must be auto, or one that has a JSON value in each line: ${FOLLOWED.join(", ")}; a source of ${this.#wanted} is read when it is complete`,
      });
    }
    this.#reader = new DocumentReader(this.#wanted, reader, ({ name }) =>
      WHOLE.includes(name) ? notFollowed(`is ${name}, which is written as a whole`) : undefined,
    );
  }

  /** Why nothing of the source can be followed; `undefined` while it can. */
  get refusal(): string | undefined {
    return this.#refusal ?? this.#reader.refusal;
  }

  /** Bytes that were appended. They are not copied: do not change them afterwards. */
  *feed(chunk: Uint8Array): Generator<TranscriptItem> {
    yield* this.#checkBytes(chunk);
    if (this.refusal !== undefined) return;
    for (const line of this.#lines.feed(chunk)) {
      yield* this.#line(line);
      if (this.refusal !== undefined) return;
    }
  }

  /** The source has nothing more for now: calls without an answer are given out, and an answer that comes later is an event. */
  *pause(): Generator<TranscriptItem> {
    if (this.refusal !== undefined) return;
    // A line may be the last one for long. JSON that is complete gets no longer, whether its line feed came or not.
    if (isComplete(this.#lines.rest)) {
      const line = this.#lines.takeRest();
      if (line !== undefined) yield* this.#line(line);
    }
    yield* this.#reader.pause();
  }

  /** The source is not followed any longer. */
  *end(): Generator<TranscriptItem> {
    if (this.#ended || this.refusal !== undefined) return;
    this.#ended = true;
    yield* this.pause();
    if (this.#lines.rest.length > 0) {
      const reason = "ends with a line that is not complete: it is stored when the source is imported again";
      yield problem("left_out", "warning", {}, reason);
    }
    if (this.#began) yield* this.#reader.end();
  }

  *#line(line: Line): Generator<TranscriptItem> {
    if (!this.#began && "text" in line) {
      this.#began = true;
      const reason = firstLineProblem(line.text, this.#wanted);
      if (reason !== undefined) {
        yield* this.#refuse(reason);
        return;
      }
    }
    const document = this.#documents.read(line);
    if (document !== undefined) yield* this.#reader.read(document);
  }

  *#checkBytes(chunk: Uint8Array): Generator<TranscriptItem> {
    if (this.#head === undefined) return;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, 4)]);
    if (this.#head.length < 4) return;
    const hex = this.#head.toString("hex");
    this.#head = undefined;
    const found = NO_UTF8.find(([pattern]) => pattern.test(hex));
    if (found !== undefined) yield* this.#refuse(found[1]);
  }

  *#refuse(reason: string): Generator<TranscriptItem> {
    this.#refusal = reason;
    yield notFollowed(reason);
  }
}

function notFollowed(reason: string): TranscriptItem {
  const what = "cannot be followed, because it has no JSON value in each line: import it when it is complete";
  return problem("not_followed", "error", {}, `${reason}; it ${what}`);
}

function firstLineProblem(text: string, wanted: TranscriptFormat | "auto"): string | undefined {
  if (wanted === "auto" && isCsvHeader(text)) return "is csv";
  if (/^\s*\[/.test(text) || !hasLines(Buffer.from(`${text}\n`))) return "is one JSON document";
  return undefined;
}

/** Whether bytes are one JSON object, whole. */
function isComplete(bytes: Uint8Array): boolean {
  let end = bytes.length - 1;
  while (end >= 0 && [0x20, 0x0d, 0x09].includes(bytes[end] as number)) end--;
  if (bytes[end] !== 0x7d) return false;
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}

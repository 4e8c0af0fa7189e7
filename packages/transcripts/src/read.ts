import { type Batch, inBatches } from "./batches.js";
import { decompress } from "./bytes/decompress.js";
import { peek } from "./bytes/peek.js";
import type { ByteSource } from "./bytes/source.js";
import { toUtf8 } from "./bytes/text.js";
import { Unreadable } from "./bytes/unreadable.js";
import { DocumentReader } from "./document-reader.js";
import type { TranscriptFormat } from "./format-names.js";
import { csvLikeProblem, isCsvHeader, readCsv } from "./formats/csv.js";
import type { ReaderOptions } from "./formats/format.js";
import { notRead, problem, type TranscriptItem } from "./item.js";
import type { BadDocument, Document } from "./json/document.js";
import { readDocumentBatches } from "./json/read-documents.js";
import { parseOptions, type ReadTranscriptOptions } from "./options.js";

const LOOK_BYTES = 64 * 1024;

/**
 * Reads what agents write: every tool call becomes one event, and what looks like a call, an answer or a message and cannot be
 * stored becomes a problem with its place. gzip, Zstandard and UTF-16 are recognised. Memory is bounded by the largest line,
 * conversation or session in the source, not by the source.
 * @throws `invalid_argument` for an unknown option; errors of the source as they are
 * @example
 * ```ts
 * import { createReadStream } from "node:fs";
 * import { readTranscript } from "@agent-assembly/transcripts";
 *
 * for await (const item of readTranscript(createReadStream("chat.json"))) {
 *   if ("problem" in item) console.error(item.problem.place, item.problem.reason);
 *   else console.log(item.event.sessionId, item.event.payload);
 * }
 * ```
 */
export function readTranscript(
  source: AsyncIterable<Uint8Array>,
  options: ReadTranscriptOptions = {},
): AsyncGenerator<TranscriptItem> {
  return inBatches(readBatches(source, options));
}

async function* readBatches(source: ByteSource, options: ReadTranscriptOptions): AsyncGenerator<Batch> {
  const reader = parseOptions(options);
  let found = false;
  function* noting(items: Batch): Generator<TranscriptItem> {
    for (const item of items) {
      found ||= "event" in item || item.problem.severity === "error";
      yield item;
    }
  }
  try {
    for await (const items of read(source, options.format ?? "auto", reader)) yield noting(items);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    yield [problem("unreadable", "error", {}, error.message)];
    return;
  }
  if (!found) yield [problem("nothing_found", "error", {}, "holds no tool call: nothing was stored")];
}

/** The items of a part of the source at a time. */
async function* read(
  source: ByteSource,
  wanted: TranscriptFormat | "auto",
  options: ReaderOptions,
): AsyncGenerator<Batch> {
  const { head, all } = await peek(await toUtf8(await decompress(source)), LOOK_BYTES);
  const firstText = new TextDecoder().decode(head);
  if (head.length < LOOK_BYTES && firstText.trim() === "") {
    yield [problem("nothing_found", "error", {}, "is empty")];
    return;
  }
  const firstLine = firstText.split(/\r?\n/, 1)[0] as string;
  if (wanted === "csv" || (wanted === "auto" && isCsvHeader(firstLine))) {
    for await (const item of readCsv(all)) yield [item];
    return;
  }
  const table = wanted === "auto" ? csvLikeProblem(firstLine) : undefined;
  if (table !== undefined) {
    yield [notRead({ line: 1 }, table)];
    return;
  }
  const reader = new DocumentReader(wanted, options);
  try {
    for await (const documents of readDocumentBatches(all)) {
      yield itemsOf(reader, documents);
      if (reader.refusal !== undefined) return;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    // What came before it was read: calls that wait for an answer among it.
    yield [problem("unreadable", "error", {}, error.message)];
  }
  yield reader.end();
}

function* itemsOf(reader: DocumentReader, documents: Iterable<Document | BadDocument>): Generator<TranscriptItem> {
  for (const document of documents) {
    yield* reader.read(document);
    if (reader.refusal !== undefined) return;
  }
}

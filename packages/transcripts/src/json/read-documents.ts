import { countText, parseExactJson } from "@agent-assembly/storage-core/backend";
import { type Line, readLineBatches } from "../bytes/lines.js";
import { peek } from "../bytes/peek.js";
import type { ByteSource } from "../bytes/source.js";
import { decodeUtf8 } from "../bytes/text.js";
import { Unreadable } from "../bytes/unreadable.js";
import type { BadDocument, Document } from "./document.js";
import { JsonSplitter } from "./split.js";

/** A first line that is longer is taken for the beginning of one document, or of several without lines. */
const FIRST_LINE_BYTES = 1024 * 1024;

/** How to read documents. */
export interface DocumentOptions {
  /** The size from which a document is read in parts; for tests. */
  readonly partLength?: number;
}

/**
 * The JSON values of a UTF-8 source. Where the first line is one of its own, each line is (JSONL, or the `data:` lines of an
 * event stream), and a bad line takes nothing but itself. Else they are documents over several lines, one after the other,
 * that are read up to the first mistake.
 */
export async function* readDocuments(
  source: ByteSource,
  options: DocumentOptions = {},
): AsyncGenerator<Document | BadDocument> {
  for await (const documents of readDocumentBatches(source, options)) yield* documents;
}

/** The same, those of a piece of the source at a time; read each batch to its end. */
export async function* readDocumentBatches(
  source: ByteSource,
  options: DocumentOptions = {},
): AsyncGenerator<Iterable<Document | BadDocument>> {
  const { head, all } = await peek(source, FIRST_LINE_BYTES);
  if (hasLines(head)) yield* documentsOfLines(all);
  else yield* wholeDocuments(all, options);
}

/** @param head the first bytes, or the first line with its line feed */
export function hasLines(head: Uint8Array): boolean {
  const text = new TextDecoder().decode(head).replace(/^\s+/, "");
  const end = text.indexOf("\n");
  if (!/^[{[]/.test(text)) return text !== "";
  if (end === -1) return false;
  const { depth, inString } = balanceOf(text.slice(0, end));
  // A line feed cannot stand in a string: the line was cut off there.
  return depth === 0 || inString;
}

/** How many brackets a text leaves open, and whether a quote. */
function balanceOf(text: string): { depth: number; inString: boolean } {
  let depth = 0;
  let inString = false;
  for (const [mark] of text.matchAll(/\\.|["{}[\]]/g)) {
    if (mark === '"') inString = !inString;
    else if (!inString && (mark === "{" || mark === "[")) depth++;
    else if (!inString && (mark === "}" || mark === "]")) depth--;
  }
  return { depth, inString };
}

async function* documentsOfLines(source: ByteSource): AsyncGenerator<Iterable<Document | BadDocument>> {
  const documents = new LineDocuments();
  for await (const lines of readLineBatches(source)) yield documents.readAll(lines);
}

/** Makes documents of the lines of one source: of JSONL, or of an event stream. */
export class LineDocuments {
  #eventStream: boolean | undefined;

  *readAll(lines: Iterable<Line>): Generator<Document | BadDocument> {
    for (const line of lines) {
      const document = this.read(line);
      if (document !== undefined) yield document;
    }
  }

  /** @returns `undefined` for lines of an event stream that carry nothing */
  read(line: Line): Document | BadDocument | undefined {
    if ("problem" in line) return { line: line.number, pointer: "", problem: line.problem };
    this.#eventStream ??= /^(data|event|id|retry)?:/.test(line.text);
    const text = this.#eventStream ? dataOf(line.text) : line.text;
    return text === undefined ? undefined : toDocument(line, text);
  }
}

/** What an event stream carries in a line; `undefined` for lines of its own. */
function dataOf(line: string): string | undefined {
  const data = /^data:(.*)$/s.exec(line)?.[1]?.trim();
  if (data !== undefined) return data === "" || data === "[DONE]" ? undefined : data;
  return /^(event|id|retry)?:/.test(line) ? undefined : line;
}

function toDocument(line: { readonly number: number; readonly ended: boolean }, text: string): Document | BadDocument {
  const parsed = parseExactJson(text);
  if ("value" in parsed) {
    return { value: parsed.value, inexact: parsed.inexact, line: line.number, pointer: "", around: [], isLine: true };
  }
  const cut = !line.ended && parsed.offset >= text.trimEnd().length;
  const problem = cut
    ? `ends too early, after ${countText(text.length, "character")}; it is the last line and has no line feed: import again when it is whole`
    : `${parsed.problem}${parsed.offset < text.length ? ` at character ${parsed.offset + 1}` : ""} (${countText(text.length, "character")})`;
  return { line: line.number, pointer: "", problem };
}

async function* wholeDocuments(
  source: ByteSource,
  { partLength }: DocumentOptions,
): AsyncGenerator<Iterable<Document | BadDocument>> {
  const splitter = new JsonSplitter(partLength);
  const state = { line: 1, failed: false };
  try {
    for await (const text of decodeUtf8(source)) {
      yield guarded(splitter.feed(text), state);
      if (state.failed) return;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    yield [{ line: state.line, pointer: "", problem: error.message }];
    return;
  }
  yield guarded(splitter.end(), state);
}

/** Documents up to the first mistake. */
function* guarded(
  documents: Iterable<Document>,
  state: { line: number; failed: boolean },
): Generator<Document | BadDocument> {
  try {
    for (const document of documents) {
      state.line = document.line;
      yield document;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    state.failed = true;
    yield { line: state.line, pointer: "", problem: error.message };
  }
}

import { type JsonValue, StorageError } from "@agent-assembly/storage-core";
import { didYouMean, instantOfLocalTime } from "@agent-assembly/storage-core/backend";
import { decompress } from "./bytes/decompress.js";
import { peek } from "./bytes/peek.js";
import type { ByteSource } from "./bytes/source.js";
import { toUtf8 } from "./bytes/text.js";
import { Unreadable } from "./bytes/unreadable.js";
import { looksLikeCall } from "./calls/values.js";
import { Detector, JSON_FORMATS, readerFor } from "./detect.js";
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from "./format-names.js";
import { isCsvHeader, readCsv } from "./formats/csv.js";
import type { Format, ReaderOptions } from "./formats/format.js";
import { inexactParts } from "./formats/inexact-parts.js";
import { notRead, problem, type TranscriptItem } from "./item.js";
import type { BadDocument, Document } from "./json/document.js";
import { readDocuments } from "./json/read-documents.js";

/** How to read a source. */
export interface ReadTranscriptOptions {
  /** The format the source has; @default "auto", which finds out from its content */
  readonly format?: TranscriptFormat | "auto" | undefined;
  /** Whose calls these are; default the agent or model that the source names. */
  readonly agentId?: string | undefined;
  /** IANA time zone of times without one. @default "UTC" */
  readonly timeZone?: string | undefined;
  /** Decision of calls of which the source does not say that they were allowed or denied. @default "observed" */
  readonly decision?: string | undefined;
  /** Time of calls when the source has none at all. @default 2024-01-01T00:00:00Z */
  readonly start?: Date | undefined;
}

/** Late enough to be read as made up, early enough not to lie ahead. */
const DEFAULT_START = new Date("2024-01-01T00:00:00.000Z");
/** Documents that are looked at to tell the format: session files begin with lines of other kinds. */
const MOST_LOOKED_AT = 200;
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
export async function* readTranscript(
  source: AsyncIterable<Uint8Array>,
  options: ReadTranscriptOptions = {},
): AsyncGenerator<TranscriptItem> {
  const reader = parseOptions(options);
  let found = false;
  try {
    for await (const item of read(source, options.format ?? "auto", reader)) {
      found ||= "event" in item || item.problem.severity === "error";
      yield item;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    yield problem("unreadable", "error", {}, error.message);
    return;
  }
  if (!found) yield problem("nothing_found", "error", {}, "holds no tool call: nothing was stored");
}

async function* read(
  source: ByteSource,
  wanted: TranscriptFormat | "auto",
  options: ReaderOptions,
): AsyncGenerator<TranscriptItem> {
  const { head, all } = await peek(await toUtf8(await decompress(source)), LOOK_BYTES);
  if (head.length === 0) {
    yield problem("nothing_found", "error", {}, "is empty");
    return;
  }
  const firstLine = new TextDecoder().decode(head).split(/\r?\n/, 1)[0] as string;
  if (wanted === "csv" || (wanted === "auto" && isCsvHeader(firstLine))) {
    yield* readCsv(all);
    return;
  }
  yield* readJson(readDocuments(all), wanted, options);
}

async function* readJson(
  documents: AsyncGenerator<Document | BadDocument>,
  wanted: TranscriptFormat | "auto",
  options: ReaderOptions,
): AsyncGenerator<TranscriptItem> {
  const looked: (Document | BadDocument)[] = [];
  const detector = new Detector();
  // One whole document tells its format; lines of a session file may not.
  for (let next = await documents.next(); next.done !== true; next = await documents.next()) {
    looked.push(next.value);
    if ("value" in next.value) detector.add(likely(next.value));
    if (looked.length >= MOST_LOOKED_AT || detector.certain || ("value" in next.value && !next.value.isLine)) break;
  }
  const format = choose(detector, wanted);
  if ("reason" in format) {
    for (const one of looked) yield* "problem" in one ? [badDocument(one)] : inexactParts(one);
    const calls = looked.some((one) => "value" in one && looksLikeCall(one.value));
    if (calls) yield notRead({}, `holds calls or answers, and ${format.reason}`);
    else yield problem("unknown_format", "error", {}, format.reason);
    await documents.return(undefined);
    return;
  }
  const reader = format.open(options);
  for (const one of looked) yield* "problem" in one ? [badDocument(one)] : reader.read(one);
  for await (const one of documents) yield* "problem" in one ? [badDocument(one)] : reader.read(one);
  yield* reader.end();
}

/** A value that is kept as text because it names a member twice is still one of its format. */
function likely({ value, inexact }: Document): JsonValue {
  const isText =
    typeof value === "string" && inexact.some(({ kind, pointer }) => kind === "duplicate" && pointer === "");
  return isText ? (JSON.parse(value) as JsonValue) : value;
}

function choose(detector: Detector, wanted: TranscriptFormat | "auto"): Format | { readonly reason: string } {
  const [likeliest, second] = detector.found;
  if (wanted === "auto") {
    if (likeliest === undefined) {
      return { reason: `is none of the formats that are read: ${TRANSCRIPT_FORMATS.join(", ")}` };
    }
    if (detector.ambiguous) {
      return { reason: `may be ${likeliest.name} or ${second?.name}: name the format` };
    }
    return likeliest;
  }
  const asked = JSON_FORMATS.find(({ name }) => name === wanted) as Format;
  const reader = likeliest === undefined ? asked : readerFor(likeliest, asked);
  if (reader !== undefined) return reader;
  return { reason: `was to be read as ${wanted}, and looks like ${likeliest?.name}: name that format, or auto` };
}

function badDocument({ line, pointer, problem: reason }: BadDocument): TranscriptItem {
  return problem("unreadable", "error", pointer === "" ? { line } : { line, pointer }, reason);
}

function parseOptions(options: ReadTranscriptOptions): ReaderOptions {
  const { format = "auto", timeZone = "UTC" } = options;
  if (format !== "auto" && !TRANSCRIPT_FORMATS.includes(format)) {
    throw new StorageError({
      code: "invalid_argument",
      option: "format",
      message: `{option} must be auto, ${TRANSCRIPT_FORMATS.join(", ")}.${didYouMean(String(format), TRANSCRIPT_FORMATS)}`,
    });
  }
  try {
    instantOfLocalTime(0, timeZone);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new StorageError({
      code: "invalid_argument",
      option: "timeZone",
      message: "{option} must be an IANA time zone such as Europe/Berlin",
      cause,
    });
  }
  return {
    agentId: options.agentId,
    timeZone,
    decision: options.decision ?? "observed",
    start: options.start ?? DEFAULT_START,
  };
}

import type { JsonValue } from "@agent-assembly/storage-core";
import { notRead, type Place, problem, type TranscriptItem } from "../../item.js";
import type { Document } from "../../json/document.js";
import type { Format, FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { mapRecords } from "../otlp/map-records.js";
import type { Mapped } from "../otlp/mapped.js";
import { type DecodedRecord, decodeRecords } from "./decode-request.js";
import { ToldCalls } from "./told-calls.js";
import type { DecodeNotes } from "./values.js";
import { isExport, isPart, RequestWalker } from "./walk.js";

/** Traces and logs in OTLP JSON: what the OpenTelemetry Collector's file exporter writes, and what SDKs send. */
export const otlpJson: Format = {
  name: "otlp-json",
  evidence: (value) => (isOtlp(value) ? 5 : 0),
  // Its lines are large: a hundred of them are not kept to tell what the first one told.
  decisive: true,
  open: (options) => new OtlpReader(options),
};

function isOtlp(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length > 0 && value.some(isExport);
  return isExport(value) || isPart(value);
}

/** Numbers that OTLP writes as text, because not every reader has integers of 64 bits: as text nothing is lost. */
const INTEGER_64 = /\/(?:\w*[uU]nixNano|intValue)$/;

class OtlpReader implements FormatReader {
  readonly messages = 0;
  readonly #walker = new RequestWalker();
  readonly #told = new ToldCalls();

  constructor(private readonly options: ReaderOptions) {}

  *read(document: Document): Generator<TranscriptItem> {
    const { line, inexact } = document;
    yield* inexactParts({ ...document, inexact: inexact.filter(({ pointer }) => !INTEGER_64.test(pointer)) });
    const decoded: DecodedRecord[] = [];
    for (const found of decodeRecords(this.#walker, document)) {
      if ("record" in found) decoded.push(found);
      else if (found.kind === "not_read") yield notRead(placeOf(line, found.pointer), found.reason);
      else yield problem("left_out", "warning", placeOf(line, found.pointer), found.reason);
    }
    const { agentId, decision, start } = this.options;
    const records = decoded.map(({ record }) => record);
    let index = 0;
    for (const mapped of mapRecords(records, { agentId, decision, assumedTime: start.getTime() })) {
      const { pointer, notes } = decoded[index++] as DecodedRecord;
      yield* this.#items(mapped, placeOf(line, pointer), notes);
    }
  }

  *end(): Generator<TranscriptItem> {
    yield* this.#told.end();
  }

  *#items({ events, problems, mentioned }: Mapped, place: Place, notes: DecodeNotes): Generator<TranscriptItem> {
    for (const { code, severity, reason } of problems) yield problem(code, severity, place, reason);
    if (events.length > 0) yield* noted(notes, place);
    this.#told.mention(mentioned, place);
    for (const { event, answer, asked } of events) {
      this.#told.add(event, asked, place);
      yield { format: "otlp-json", place, event, ...(answer === undefined ? {} : { answer }) };
    }
  }
}

function placeOf(line: number, pointer: string): Place {
  return pointer === "" ? { line } : { line, pointer };
}

function* noted({ numbersAsText, unread, duplicates }: DecodeNotes, place: Place): Generator<TranscriptItem> {
  if (numbersAsText) {
    const reason = "an attribute has a number with more digits than a double holds; it is stored as text";
    yield problem("number_as_text", "warning", place, reason);
  }
  if (duplicates) {
    yield problem("duplicate_member", "warning", place, "names an attribute twice; the first one was taken");
  }
  if (unread > 0) yield notRead(place, "has an attribute or an event that cannot be read");
}

import type { JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import { notRead, type Place, problem, type TranscriptItem } from "../../item.js";
import type { Document } from "../../json/document.js";
import type { Format, FormatReader, ReaderOptions } from "../format.js";
import { inexactParts } from "../inexact-parts.js";
import { RequestAgents } from "../otlp/agents.js";
import { mapLog } from "../otlp/map-log.js";
import { mapSpan } from "../otlp/map-span.js";
import type { Mapped } from "../otlp/mapped.js";
import type { OtlpLog, OtlpOrigin, OtlpSpan } from "../otlp/records.js";
import { decodeLog, decodeOrigin, decodeSpan, type Envelope } from "./records.js";
import { ToldCalls } from "./told-calls.js";
import { DecodeNotes } from "./values.js";
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

interface Decoded {
  readonly place: Place;
  readonly record: OtlpSpan | OtlpLog;
  readonly notes: DecodeNotes;
}

class OtlpReader implements FormatReader {
  readonly messages = 0;
  readonly #walker = new RequestWalker();
  readonly #told = new ToldCalls();

  constructor(private readonly options: ReaderOptions) {}

  *read(document: Document): Generator<TranscriptItem> {
    const { line, inexact } = document;
    yield* inexactParts({ ...document, inexact: inexact.filter(({ pointer }) => !INTEGER_64.test(pointer)) });
    const decoded: Decoded[] = [];
    let envelope: Envelope | undefined;
    let origin: OtlpOrigin | undefined;
    for (const found of this.#walker.walk(document)) {
      const place = found.pointer === "" ? { line } : { line, pointer: found.pointer };
      if ("kind" in found) {
        yield found.kind === "not_read"
          ? notRead(place, found.reason)
          : problem("left_out", "warning", place, found.reason);
        continue;
      }
      if (!isObject(found.value)) {
        yield notRead(place, `is no ${found.signal === "span" ? "span" : "log record"}: an object was expected`);
        continue;
      }
      if (origin === undefined || envelope !== found.envelope) origin = decodeOrigin(found.envelope);
      envelope = found.envelope;
      const notes = new DecodeNotes();
      const record = (found.signal === "span" ? decodeSpan : decodeLog)(found.value, origin, notes);
      decoded.push({ place, record, notes });
    }
    yield* this.#map(decoded);
  }

  *end(): Generator<TranscriptItem> {
    yield* this.#told.end();
  }

  *#map(decoded: readonly Decoded[]): Generator<TranscriptItem> {
    const agents = new RequestAgents(decoded.flatMap(({ record }) => (isSpan(record) ? [record] : [])));
    const times = decoded.map(({ record }) => timeOf(record));
    let assumedTime = times.find((time) => time !== undefined) ?? this.options.start.getTime();
    for (const [index, { record, place, notes }] of decoded.entries()) {
      assumedTime = times[index] ?? assumedTime;
      const options = { agentId: this.options.agentId, decision: this.options.decision, assumedTime };
      const mapped = isSpan(record) ? mapSpan(record, agents, options) : mapLog(record, agents, options);
      yield* this.#items(mapped, place, notes);
    }
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

function isSpan(record: OtlpSpan | OtlpLog): record is OtlpSpan {
  return "events" in record;
}

function timeOf(record: OtlpSpan | OtlpLog): number | undefined {
  const time = isSpan(record) ? (record.start ?? record.end) : (record.time ?? record.observedTime);
  return time === undefined ? undefined : Number(time / 1_000_000n);
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

import type { JsonValue } from "@agent-assembly/storage-core";
import { isObject } from "../../calls/values.js";
import type { Document } from "../../json/document.js";
import type { OtlpLog, OtlpOrigin, OtlpSpan } from "../otlp/records.js";
import { decodeLog, decodeOrigin, decodeSpan, type Envelope } from "./records.js";
import { DecodeNotes } from "./values.js";
import { type FoundOther, RequestWalker } from "./walk.js";

/** A span or log record of a request. */
export interface DecodedRecord {
  readonly pointer: string;
  readonly record: OtlpSpan | OtlpLog;
  readonly notes: DecodeNotes;
}

/** Finds and decodes the records of a document, in order. */
export function* decodeRecords(walker: RequestWalker, document: Document): Generator<DecodedRecord | FoundOther> {
  let envelope: Envelope | undefined;
  let origin: OtlpOrigin | undefined;
  for (const found of walker.walk(document)) {
    if ("kind" in found) {
      yield found;
      continue;
    }
    const { signal, value, pointer } = found;
    if (!isObject(value)) {
      const reason = `is no ${signal === "span" ? "span" : "log record"}: an object was expected`;
      yield { kind: "not_read", pointer, reason };
      continue;
    }
    if (origin === undefined || envelope !== found.envelope) origin = decodeOrigin(found.envelope);
    envelope = found.envelope;
    const notes = new DecodeNotes();
    const record = (signal === "span" ? decodeSpan : decodeLog)(value, origin, notes);
    yield { pointer, record, notes };
  }
}

/** The records of one export request in OTLP JSON, and what in it is none. */
export function decodeRequest(request: JsonValue): Iterable<DecodedRecord | FoundOther> {
  const document = { value: request, inexact: [], line: 1, pointer: "", around: [], isLine: false };
  return decodeRecords(new RequestWalker(), document);
}

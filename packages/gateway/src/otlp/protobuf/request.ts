import type { OtlpOrigin } from "@agent-assembly/transcripts/otlp";
import { MAX_ITEMS, tooManyItems } from "../undecodable.js";
import { OF_RESOURCE, OF_SCOPE, REQUEST } from "./fields.js";
import { countMessages, type MessageReader, readBytes } from "./reader.js";
import { given, NO_ORIGIN, readResource, readScope } from "./values.js";

/** Reads one record of a scope, and adds what it holds to the items. */
export type ReadRecord<Item> = (reader: MessageReader, end: number, origin: OtlpOrigin, items: Item[]) => void;

/** The way to the records of each request. */
const TO_RECORDS = [[REQUEST.resources], [OF_RESOURCE.scopes], [OF_SCOPE.records]] as const;

/**
 * The items of an export request, in order.
 * @param within tags of the fields that lead from a record to its items, where it is not one itself
 * @throws ProblemError 400 for bytes that are no such request, and for too many items, which are counted first
 */
export function readRequest<Item>(
  bytes: Buffer,
  readRecord: ReadRecord<Item>,
  within: readonly (readonly number[])[] = [],
): Item[] {
  const path = [...TO_RECORDS, ...within];
  const count = readBytes(bytes, (reader, end) => countMessages(reader, end, path));
  if (count > MAX_ITEMS) throw tooManyItems();
  return readBytes(bytes, (reader, end) => {
    const items: Item[] = [];
    for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
      if (tag === REQUEST.resources) readOfResource(reader, reader.enter(end), readRecord, items);
      else reader.pass(tag, end);
    }
    return items;
  });
}

/** Fields may come in any order, and the schema comes last where writers keep that of their numbers: they are read twice. */
function readOfResource<Item>(reader: MessageReader, end: number, readRecord: ReadRecord<Item>, items: Item[]): void {
  const start = reader.pos;
  let origin = NO_ORIGIN;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === OF_RESOURCE.resource) origin = { ...origin, resource: readResource(reader, end) };
    else if (tag === OF_RESOURCE.schemaUrl) origin = { ...origin, schemaUrl: given(reader.text(end)) };
    else reader.pass(tag, end);
  }
  reader.pos = start;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === OF_RESOURCE.scopes) readOfScope(reader, reader.enter(end), origin, readRecord, items);
    else reader.pass(tag, end);
  }
}

function readOfScope<Item>(
  reader: MessageReader,
  end: number,
  outer: OtlpOrigin,
  readRecord: ReadRecord<Item>,
  items: Item[],
): void {
  const start = reader.pos;
  let origin = outer;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === OF_SCOPE.scope) origin = { ...origin, scope: readScope(reader, end) };
    else if (tag === OF_SCOPE.schemaUrl) origin = { ...origin, schemaUrl: given(reader.text(end)) ?? outer.schemaUrl };
    else reader.pass(tag, end);
  }
  reader.pos = start;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (tag === OF_SCOPE.records) readRecord(reader, reader.enter(end), origin, items);
    else reader.pass(tag, end);
  }
}

import type { AuditEvent } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  EventRefusal,
  invalidArgument,
  parseStoredEvent,
} from "@agent-assembly/storage-core/backend";
import { Turns } from "../turns.js";
import { archivedRow } from "./archived-row.js";
import { ParquetFileWriter } from "./writer.js";

/** Options of {@link writeParquet}. */
export interface WriteParquetOptions {
  /** Ends the writing with its reason; what was handed over until then is no complete file. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Encodes events as one Parquet file with the columns of archived files, in the order given, in memory bounded by a row
 * group. It belongs to no archive, and nothing is read back.
 * @param write gets the bytes of the file one piece after another, each its own copy
 * @returns how many events the file holds
 * @throws `invalid_argument` for an event that no store would hold; what `events` and `write` throw
 */
export async function writeParquet(
  events: AsyncIterable<AuditEvent>,
  write: (bytes: Uint8Array) => Promise<void>,
  { signal }: WriteParquetOptions = {},
): Promise<number> {
  const writer = ParquetFileWriter.into({
    // The encoder uses its buffer again.
    appendFile: (bytes) => write(bytes.slice()),
    sync: async () => undefined,
    close: async () => undefined,
  });
  const turns = new Turns();
  for await (const event of events) {
    signal?.throwIfAborted();
    if (writer.add(archivedRow(rowOf(event, writer.rows), writer.rows))) await writer.flush();
    if (turns.areDue) await turns.give();
  }
  // A source that is aborted as well may just end, which must not pass for the end of the events.
  signal?.throwIfAborted();
  return (await writer.finish()).rows;
}

function rowOf(event: AuditEvent, index: number): AuditEventRow {
  const row = parseStoredEvent(event);
  if (row instanceof EventRefusal) throw invalidArgument(`events[${index}]`, `cannot be written: ${row.reason}`);
  return row;
}

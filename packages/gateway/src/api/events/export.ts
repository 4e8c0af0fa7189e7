import { writeParquet } from "@agent-assembly/retention";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { eventTextFormat } from "@agent-assembly/storage-core/backend";
import type { StreamRead } from "../../access/payload-reads.js";
import { fileAnswer } from "../routing/answers.js";

/** What an export is written as. */
export type ExportFormat = "ndjson" | "csv" | "parquet";

const MEDIA_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8; header=present",
  parquet: "application/vnd.apache.parquet",
};

/** Characters that are handed to the connection at a time. */
const CHUNK = 64 * 1024;

/** How events are exported. */
export interface ExportRequest {
  readonly format: ExportFormat;
  /** Whether lines have the time at which the store took the event in. */
  readonly recordedAt: boolean;
  /** Aborts the source as well. */
  readonly abort: AbortController;
  /** Records that the export begins. @default it is not recorded */
  readonly begin?: (() => Promise<StreamRead>) | undefined;
}

/**
 * Events as a file, written while they are read: the connection's pace is the store's. A failure before the first event is an
 * answer of its own; a later one breaks the connection off, so that a part never passes for the whole.
 * @throws what reading the first event throws, and what recording the begin does
 */
export async function exportAnswer(events: AsyncIterable<AuditEvent>, request: ExportRequest): Promise<Response> {
  const { format, abort, begin } = request;
  let count = 0;
  const source = await begun(events);
  const read = await begin?.().catch((error: unknown) => {
    abort.abort();
    throw error;
  });
  const counted = counting(source, () => count++);
  const { readable, writable } = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const writer = writable.getWriter();
  const write = async (bytes: Uint8Array): Promise<void> => writer.write(new Uint8Array(bytes));
  encode(counted, request, write)
    .then(async () => {
      // Before the last byte: an export whose end cannot be recorded is broken off, too.
      await read?.end(count);
      await writer.close();
    })
    .catch(async (error: unknown) => {
      abort.abort();
      await read?.ended(count);
      await writer.abort(error);
    });
  return fileAnswer(readable, MEDIA_TYPES[format], `events.${format}`);
}

async function encode(
  events: AsyncIterable<AuditEvent>,
  { format, recordedAt, abort: { signal } }: ExportRequest,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  if (format === "parquet") {
    await writeParquet(events, write, { signal });
    return;
  }
  const { header, line } = eventTextFormat(format === "csv" ? "csv" : "jsonl", recordedAt);
  let text = header;
  for await (const event of events) {
    text += line(event);
    if (text.length < CHUNK) continue;
    await write(Buffer.from(text));
    text = "";
  }
  // A stream ends quietly when it is aborted, which must not pass for the end of the events.
  signal.throwIfAborted();
  if (text !== "") await write(Buffer.from(text));
}

async function* counting<T>(items: AsyncIterable<T>, count: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    count();
    yield item;
  }
}

/** The same events, the first of which has been read. */
async function begun<T>(items: AsyncIterable<T>): Promise<AsyncIterable<T>> {
  const iterator = items[Symbol.asyncIterator]();
  let first: IteratorResult<T> | undefined = await iterator.next();
  const next = async (): Promise<IteratorResult<T>> => {
    const result = first ?? (await iterator.next());
    first = undefined;
    return result;
  };
  const end = async (): Promise<IteratorResult<T>> => {
    await iterator.return?.();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: end }) };
}

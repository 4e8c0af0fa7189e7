import type { AuditEvent } from "@agent-assembly/storage-core";
import { type AuditEventRow, toAuditEvent } from "@agent-assembly/storage-core/backend";
import type { Destination } from "../destinations/destination.js";
import { damaged } from "../errors.js";
import type { ArchivedFile } from "../manifest/manifest.js";
import type { ManifestReader } from "../manifest/manifest-reader.js";
import { ParquetFile } from "../parquet/file.js";
import { Turns } from "../turns.js";
import { type EventQuery, fileEvents } from "./file-events.js";
import { type EventSource, mergeEvents } from "./merge-events.js";

/** The archived events that match, in order, over all files. */
export async function* archivedEvents(
  destination: Destination,
  manifests: ManifestReader,
  query: EventQuery,
): AsyncGenerator<AuditEvent> {
  const files: ArchivedFile[] = [];
  const { from, to } = query.filter;
  const range = {
    from: from === undefined ? undefined : new Date(from),
    to: to === undefined ? undefined : new Date(to),
  };
  for await (const manifest of manifests.all({ ...range, signal: query.signal })) {
    files.push(...manifest.files.filter((file) => overlaps(file, query)));
  }
  const sources = files.map((file) => sourceOf(destination, file, query));
  sources.sort((a, b) => (query.order === "newest" ? b.bound - a.bound : a.bound - b.bound));
  const turns = new Turns();
  for await (const event of mergeEvents(sources, query.order)) {
    if (turns.areDue) await turns.give();
    query.signal?.throwIfAborted();
    yield publicForm(event, destination.url);
  }
}

export function overlaps({ minTs, maxTs }: ArchivedFile, { filter: { from, to } }: EventQuery): boolean {
  return (to === undefined || minTs.getTime() < to) && (from === undefined || maxTs.getTime() >= from);
}

function sourceOf(destination: Destination, file: ArchivedFile, query: EventQuery): EventSource {
  return {
    bound: (query.order === "newest" ? file.maxTs : file.minTs).getTime(),
    async *open() {
      await using opened = await destination.open(file.path, query.signal);
      const place = `${destination.url}/${file.path}`;
      const parquet = await ParquetFile.open(opened, file, place, query.signal);
      yield* fileEvents(parquet, place, query);
    },
  };
}

/** @param place names where the event is from, for messages */
export function publicForm(event: AuditEventRow, place: string): AuditEvent {
  try {
    return toAuditEvent(event);
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(place, "a payload is not JSON", error);
    throw error;
  }
}

import type { ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import type { ArchivedEvent } from "../archive.js";
import type { Destination } from "../destinations/destination.js";
import type { ManifestQuery, ManifestReader } from "../manifest/manifest-reader.js";
import { Turns } from "../turns.js";
import { overlaps, publicForm } from "./archived-events.js";
import { openChecked } from "./checked-file.js";
import { fileEvents } from "./file-events.js";

/** The matching events of all files, file after file; of each file only once its digest was found right. */
export async function* checkedRecords(
  destination: Destination,
  manifests: ManifestReader,
  filter: ParsedAuditFilter,
  query: ManifestQuery,
): AsyncGenerator<ArchivedEvent> {
  const turns = new Turns();
  const eventQuery = { filter, order: "oldest", signal: query.signal } as const;
  for await (const manifest of manifests.all(query)) {
    for (const file of manifest.files) {
      if (!overlaps(file, eventQuery)) continue;
      const place = `${destination.url}/${file.path}`;
      await using opened = await openChecked(destination, file.path, file, query.signal);
      for await (const events of fileEvents(opened.parquet, place, eventQuery)) {
        for (const event of events) {
          if (turns.areDue) await turns.give();
          query.signal?.throwIfAborted();
          yield { event: publicForm(event, place), leaf: event.leafIndex, manifest };
        }
      }
    }
  }
}

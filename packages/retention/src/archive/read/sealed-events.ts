import type { ArchivedEvent, SealedEventsOptions } from "../archive.js";
import type { Destination } from "../destinations/destination.js";
import type { ManifestReader } from "../manifest/manifest-reader.js";
import { ParquetFile } from "../parquet/file.js";
import { mayHaveLeaves } from "../parquet/row-group-pruning.js";
import { Turns } from "../turns.js";
import { publicForm } from "./archived-events.js";

/** The events of archives with evidence whose leaves lie in a range. */
export async function* sealedEvents(
  destination: Destination,
  manifests: ManifestReader,
  { log, from, to, signal }: SealedEventsOptions,
): AsyncGenerator<ArchivedEvent> {
  const turns = new Turns();
  for await (const manifest of manifests.all({ signal })) {
    const { evidence } = manifest;
    if (evidence === undefined || evidence.log !== log.log || evidence.origin !== log.origin) continue;
    for (const file of manifest.files) {
      const place = `${destination.url}/${file.path}`;
      await using opened = await destination.open(file.path, signal);
      const parquet = await ParquetFile.open(opened, file, place, signal);
      for (const group of parquet.groups) {
        signal?.throwIfAborted();
        if (!mayHaveLeaves(group.group, from, to)) continue;
        const isWanted = ({ leafIndex }: { readonly leafIndex: number | null }): boolean =>
          leafIndex !== null && leafIndex >= from && leafIndex < to;
        for (const row of await parquet.read(group, isWanted)) {
          if (turns.areDue) await turns.give();
          yield { event: publicForm(row, place), leaf: row.leafIndex, manifest };
        }
      }
    }
  }
}

import type { ArchivedEvent, ArchivedLeaves, LogName } from "../archive.js";
import type { Destination } from "../destinations/destination.js";
import type { ArchiveManifest } from "../manifest/manifest.js";
import type { ManifestReader } from "../manifest/manifest-reader.js";
import type { ArchivedRow } from "../parquet/columns.js";
import { ParquetFile } from "../parquet/file.js";
import { mayHaveLeaves } from "../parquet/row-group-pruning.js";
import { Turns } from "../turns.js";
import { publicForm } from "./archived-events.js";

/** The archived events of a log by their leaves; manifests are read once. */
export async function archivedLeaves(
  destination: Destination,
  manifests: ManifestReader,
  { log, origin }: LogName,
  signal: AbortSignal | undefined,
): Promise<ArchivedLeaves> {
  const all: ArchiveManifest[] = [];
  for await (const manifest of manifests.all({ signal })) {
    if (manifest.evidence?.log === log && manifest.evidence.origin === origin) all.push(manifest);
  }
  return {
    async *events(from, to) {
      for (const manifest of all) {
        const { first, last } = manifest.evidence ?? { first: null, last: null };
        if (first === null || last === null || first >= to || last < from) continue;
        yield* eventsOf(destination, manifest, { from, to, signal });
      }
    },
  };
}

async function* eventsOf(
  destination: Destination,
  manifest: ArchiveManifest,
  { from, to, signal }: { readonly from: number; readonly to: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<ArchivedEvent> {
  const turns = new Turns();
  const isWanted = ({ leafIndex }: ArchivedRow): boolean => leafIndex !== null && leafIndex >= from && leafIndex < to;
  for (const file of manifest.files) {
    const place = `${destination.url}/${file.path}`;
    await using opened = await destination.open(file.path, signal);
    const parquet = await ParquetFile.open(opened, file, place, signal);
    for (const group of parquet.groups) {
      signal?.throwIfAborted();
      if (!mayHaveLeaves(group.group, from, to)) continue;
      for (const row of await parquet.read(group, isWanted)) {
        if (turns.areDue) await turns.give();
        yield { event: publicForm(row, place), leaf: row.leafIndex, manifest };
      }
    }
  }
}

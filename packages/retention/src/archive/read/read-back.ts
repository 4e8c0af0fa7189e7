import type { Destination } from "../destinations/destination.js";
import { damaged } from "../errors.js";
import type { ArchivedFile } from "../manifest/manifest.js";
import { ParquetFile } from "../parquet/file.js";
import { Turns } from "../turns.js";
import { openChecked } from "./checked-file.js";
import type { ContentDigest } from "./content-digest.js";

/** Reads a file that was just put, all of it, and adds the events it holds to a digest. @throws `corrupt` */
export async function readBack(
  destination: Destination,
  expected: ArchivedFile,
  digest: ContentDigest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const place = `${destination.url}/${expected.path}`;
  await using file = await openChecked(destination, expected.path, expected, signal);
  const parquet = await ParquetFile.open(file, expected, place, signal);
  if (parquet.rows !== expected.rows) {
    throw damaged(place, `it has ${parquet.rows} rows and should have ${expected.rows}`);
  }
  const turns = new Turns();
  for (const group of parquet.groups()) {
    for (const event of await parquet.read(group, () => true)) {
      digest.add(event);
      if (turns.areDue) await turns.give();
    }
  }
}

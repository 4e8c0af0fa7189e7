import type { Destination } from "../destinations/destination.js";
import type { ArchivedFile } from "../manifest/manifest.js";
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
  await using file = await openChecked(destination, expected.path, expected, signal);
  const turns = new Turns();
  for (const group of file.parquet.groups) {
    for (const event of await file.parquet.read(group, () => true)) {
      digest.add(event, event.leafIndex);
      if (turns.areDue) await turns.give();
    }
  }
}

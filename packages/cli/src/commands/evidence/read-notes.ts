import { fileError, readInput } from "@agent-assembly/storage-core/backend";
import type { Context } from "../../context.js";

/** A checkpoint has some hundred bytes, and a few more for each witness. */
const MAX_NOTE_BYTES = 1_200_000;

/** Checkpoints in files that the user named. */
export async function readNotes(
  context: Context,
  files: readonly string[] = [],
): Promise<{ source: string; note: string }[]> {
  const notes: { source: string; note: string }[] = [];
  for (const file of files) {
    const path = context.resolvePath(file);
    const rules = { links: "follow", location: { kind: "file", place: path } } as const;
    const { signal } = context;
    const bytes = await readInput(path, rules, { pipes: "all", maxBytes: MAX_NOTE_BYTES, signal }).catch((error) => {
      throw fileError(error, path);
    });
    notes.push({ source: path, note: Buffer.from(bytes).toString() });
  }
  return notes;
}

import { isEvidenceError } from "../errors.js";
import { CHECKPOINT_FILE } from "../folder/layout.js";
import type { ExportHeader } from "../folder/manifest.js";
import { type OpenedCheckpoint, openCheckpoint } from "../note/checkpoint.js";
import type { NoteVerifier } from "../note/key.js";
import type { ExportFolder } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";

const MAX_NOTE_BYTES = 1_000_000;

/** Opens the checkpoint of an export. @returns `undefined` for one that does not hold, which was told */
export async function checkCheckpoint(
  folder: ExportFolder,
  found: FindingList,
  keys: readonly NoteVerifier[],
  header: ExportHeader,
): Promise<(OpenedCheckpoint & { readonly signed: Uint8Array }) | undefined> {
  const note = await folder.read(CHECKPOINT_FILE, MAX_NOTE_BYTES);
  if (note === undefined) {
    found.addFile("export_incomplete", CHECKPOINT_FILE, "is missing");
    return undefined;
  }
  try {
    const checkpoint = openCheckpoint(note, keys);
    const { size, origin } = checkpoint;
    if (size < header.size) {
      const detail = `the checkpoint is of a tree of ${size} leaves, and the export of one of ${header.size}`;
      found.add({ code: "rollback", detail }, CHECKPOINT_FILE);
      return undefined;
    }
    if (size > header.size || origin !== header.origin) {
      found.addFile("export_altered", CHECKPOINT_FILE, `is of ${size} leaves and not the one of the export`);
      return undefined;
    }
    return { ...checkpoint, signed: note };
  } catch (error) {
    if (!isEvidenceError(error)) throw error;
    const code = error.problem === "key_unknown" ? "key_unknown" : "checkpoint_forged";
    found.add({ code, detail: `the checkpoint does not hold: ${error.message}` }, CHECKPOINT_FILE);
    return undefined;
  }
}

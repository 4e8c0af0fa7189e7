import { isStorageError } from "@agent-assembly/storage-core";
import { listPath } from "../folder/layout.js";
import { parseTilePath, type Tile, tileAt } from "../tree/tile.js";
import type { ExportFolder } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";

/**
 * Tells of lists and tiles that an export names and that belong to nothing in the log: a verification does not read them, and people
 * may take them for evidence.
 * @param lists leaves of statements that may have a list
 * @param size of the tree
 */
export function tellUnknownFiles(
  folder: ExportFolder,
  found: FindingList,
  lists: ReadonlySet<number>,
  size: number,
): void {
  const known = new Set([...lists].map(listPath));
  for (const path of folder.names("lists/")) {
    if (!known.has(path)) found.addFile("export_altered", path, "belongs to no statement of the log");
  }
  for (const path of folder.names("tile/")) {
    const tile = tileOf(path);
    const { level, index, width } = tile ?? { level: 0, index: 0, width: 0 };
    if (tileAt(level === "entries" ? 0 : level, index, size)?.width === width) continue;
    found.addFile("export_altered", path, "is no tile of the tree");
  }
}

function tileOf(path: string): Tile<number | "entries"> | undefined {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return undefined;
  }
}

import type { EvidenceError } from "../errors.js";
import type { ExportFolder } from "./export-folder.js";
import type { FindingList } from "./finding-list.js";

/** Tells of a tile that is missing or damaged, once for each. */
export function tellTile(found: FindingList, folder: ExportFolder, { problem, message }: EvidenceError): void {
  const code = problem === "tile_missing" ? "export_incomplete" : "tile_damaged";
  // That they were changed is not told a second time.
  found.add({ code, detail: message }, ...(code === "tile_damaged" ? folder.changedTiles() : []));
}

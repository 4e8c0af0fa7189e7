import { createHash } from "node:crypto";
import type { RowGroup } from "hyparquet";
import { PAYLOAD_COLUMN } from "./columns.js";

/** The two pieces in which a row group is read: all columns but the payload, and the payload. */
export type Piece = "keys" | "payload";

/** Lower-case hex, of each piece. */
export type PieceDigests = readonly [keys: string, payload: string];

/** The bytes of the file `[from, to)` in which the chunks of a piece lie; columns are written one after another. */
export function byteRange(group: RowGroup, piece: Piece): [from: number, to: number] {
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (const { meta_data: chunk } of group.columns) {
    if (chunk === undefined || (chunk.path_in_schema[0] === PAYLOAD_COLUMN) !== (piece === "payload")) continue;
    const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
    from = Math.min(from, start);
    to = Math.max(to, start + Number(chunk.total_compressed_size));
  }
  return [from, to];
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

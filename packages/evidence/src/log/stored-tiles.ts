import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import type { TileSource } from "../tree/tile-source.js";

/** The tiles of a log in a store. */
export function storedTiles(support: Pick<EvidenceSupport, "tiles">, log: number): TileSource {
  return {
    async readTile({ level, index }) {
      const [tile] = await support.tiles(log, level, { from: index, limit: 1 });
      return tile?.index === index ? tile.hashes : undefined;
    },
  };
}

import { fileAnchor, type KnownCheckpoint } from "@agent-assembly/evidence";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { anchorCheckpoint, fileAnchors, requireStoreLog } from "./store-log.js";

/** The anchors of a store, those that the user named and those that it has receipts of. */
export interface StoreAnchors {
  /** The newest state of the log at each of them. */
  known(): Promise<readonly (KnownCheckpoint & { readonly note?: string | undefined })[]>;
  /** Brings a checkpoint to those that the user named. */
  bring(checkpoint: { readonly size: number; readonly note: string }): Promise<void>;
}

/** @param named folders of file anchors, as the user gave them */
export function storeAnchors(context: Context, storage: StorageBackend, named: readonly string[] = []): StoreAnchors {
  const folders = named.map((folder) => context.resolvePath(folder));
  return {
    async known() {
      const at = await requireStoreLog(storage);
      const anchors = await fileAnchors(at, folders);
      const heads = await Promise.all(anchors.map((anchor) => anchor.newest(at.log.origin)));
      return heads.filter((head) => head !== undefined);
    },
    async bring(checkpoint) {
      for (const folder of folders) await anchorCheckpoint(storage, fileAnchor(folder), checkpoint);
    },
  };
}

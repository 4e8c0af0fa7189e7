/** Options of making or restoring a backup. */
export interface BackupOptions {
  /** Ends it; nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
  /** Called as bytes are copied. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
}

/** How far a copy is. */
export interface BackupProgress {
  readonly copiedBytes: number;
  readonly totalBytes: number;
}

/** Options of restoring a backup. */
export interface RestoreOptions extends BackupOptions {
  /**
   * Take a file that was copied from a store in use without its -wal for what it has; the newest events may be missing.
   * @default false: it is refused as `corrupt`
   */
  readonly withoutWal?: boolean | undefined;
}

/** A copy that was made and verified. */
export interface BackupReport {
  /** The file that was made, absolute. */
  readonly file: string;
  readonly bytes: number;
  readonly schemaVersion: number;
  /** Rows of each table that holds data, by its name. All tables are of one position in commit order. */
  readonly rows: Readonly<Record<string, number>>;
  /** When the newest event was stored; absent without events. */
  readonly newestRecordedAt?: Date;
}

/** Backups of the store that a configuration names. Only the store's own data: archives and Redis are apart. */
export interface BackupAdmin {
  /**
   * Copies the store as it is at one position, while other processes write. The file appears when it is complete and
   * verified.
   * @throws `conflict` when the file exists; `full`, `not_found`, `permission_denied`, `corrupt`
   */
  create(file: string, options?: BackupOptions): Promise<BackupReport>;
  /**
   * Checks a backup and makes the store of it. Positions of the original are refused by it.
   * @throws `conflict` when there is a store, or a part of one; `corrupt`, `schema_newer`, `not_found`, `full`
   */
  restore(file: string, options?: RestoreOptions): Promise<BackupReport>;
}

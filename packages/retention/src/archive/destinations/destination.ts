/** A file at a destination, opened for reading at any place. */
export interface StoredFile extends AsyncDisposable {
  readonly bytes: number;
  /** Exactly the bytes `[start, end)`. @throws `corrupt` when the file ends before */
  read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Where files can be written to while they are read. @throws `corrupt` when the size is another than at opening */
  requireUnchanged?(): Promise<void>;
}

/**
 * Where an archive keeps its files. Paths are relative, with `/`. A path that does not exist is `not_found`; every error
 * of the place itself is a `StorageError` that names the path.
 */
export interface Destination {
  /** For messages; without credentials. */
  readonly url: string;
  /** Whether each read is a request over a network, so that a file that is read twice is better copied first. */
  readonly isRemote: boolean;
  /** A local path to write the file's content to, before `put`. */
  stage(path: string): Promise<string>;
  /** Takes a staged file over: it appears under its path complete or not at all, and is durable then. */
  put(path: string, staged: string, signal?: AbortSignal): Promise<void>;
  /** Removes a staged file that will not be put. Idempotent. */
  unstage(staged: string): Promise<void>;
  open(path: string, signal?: AbortSignal): Promise<StoredFile>;
  /** Paths of all files below a folder, whose path ends with `/`; none when there is no such folder. Sorted. */
  list(folder: string, signal?: AbortSignal): Promise<string[]>;
  /** Idempotent. */
  remove(path: string): Promise<void>;
  /**
   * Removes a file for good, with all versions of it that the place keeps. Idempotent.
   * @returns what of it remains, for people, such as `locked until 2027-01-01T00:00:00.000Z`; `undefined` where nothing does
   */
  erase(path: string): Promise<string | undefined>;
  /** Until when a file cannot be removed, for people; `undefined` where it can be, as far as is known. */
  lockOf(path: string): Promise<string | undefined>;
  close(): Promise<void>;
}

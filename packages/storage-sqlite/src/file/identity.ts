/** Stored in the header of every database of ours ("AASM" in ASCII), so that a foreign file is never written to. */
export const APPLICATION_ID = 0x4141534d;

const MARKS = 0x7fff_ffff;

/**
 * What the header's `user_version` is while commits may be in the -wal alone: it stands for the file, so that a copy without
 * the -wal is told from a file whose -wal another program has moved into it.
 * @param ino the number of the file in its file system
 * @returns 1 to 2,147,483,647; without a mark it is 0
 */
export function markOf(ino: number): number {
  return (ino % MARKS) + 1;
}

import { openDatabase } from "../driver/open-database.js";

/**
 * Moves what is committed from the write-ahead log of a database into its file, on a connection that ends with it: one that stayed open
 * would keep the writer of a program that ends without closing from being the last. Passive: never waits for readers or writers, and
 * never makes them wait. Blocks its thread.
 * @throws the driver's errors
 */
export function checkpointFile(path: string): void {
  const connection = openDatabase(path);
  try {
    connection.pragma("wal_checkpoint(PASSIVE)");
  } finally {
    connection.close();
  }
}

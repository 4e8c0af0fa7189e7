import { openDatabase } from "../driver/open-database.js";

/**
 * Writes a database anew, without what was deleted from it: deleted rows, and copies of rows that stayed behind when pages were split
 * or merged, can be read in a file until then. In the write-ahead log; a checkpoint moves it into the file. Blocks its thread.
 * @throws the driver's errors, when another process writes too
 */
export function rewriteFile(path: string): void {
  const connection = openDatabase(path);
  try {
    connection.pragma("secure_delete = ON");
    connection.exec("VACUUM");
  } finally {
    connection.close();
  }
}

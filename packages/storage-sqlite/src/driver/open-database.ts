import Database from "better-sqlite3";
import { NATIVE_BINDING } from "./native-binding.js";

/** The driver's own wait blocks the event loop, so it is only as long as another process needs to commit. */
const DRIVER_WAIT_MS = 5;

/** A connection to a file that exists, without settings. @throws the driver's errors */
export function openDatabase(path: string, { readonly = false } = {}): Database.Database {
  return new Database(path, { ...NATIVE_BINDING, readonly, fileMustExist: true, timeout: DRIVER_WAIT_MS });
}

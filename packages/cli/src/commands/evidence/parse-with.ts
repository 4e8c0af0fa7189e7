import { isStorageError } from "@agent-assembly/storage-core";
import { UsageError } from "../../exit.js";

/** What a parser of a package makes of an option; what it refuses is a wrong command line. @throws UsageError */
export function parseWith<T>(option: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) throw new UsageError(`${option}: ${error.message}`);
    throw error;
  }
}

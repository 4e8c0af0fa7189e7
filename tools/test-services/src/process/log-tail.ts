import { readFileSync } from "node:fs";

/** The last lines of a server's log, for an error message. */
export function logTail(file: string, lines = 10): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}

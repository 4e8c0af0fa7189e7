import type { AuditEvent } from "@agent-assembly/storage-core";
import type { Context } from "../../../context.js";
import { UsageError } from "../../../exit.js";
import { csvHeader, csvLine } from "./csv.js";
import { jsonlLine } from "./event-line.js";

/** How events are written. */
export interface EventFormat {
  readonly header: string;
  readonly line: (event: AuditEvent) => string;
}

export function eventFormat(name: "jsonl" | "csv", recordedAt: boolean): EventFormat {
  return name === "csv"
    ? { header: csvHeader(recordedAt), line: (event) => csvLine(event, recordedAt) }
    : { header: "", line: (event) => jsonlLine(event, recordedAt) };
}

/** @throws UsageError where the events and the report on them would both go to stdout */
export function refuseJsonEvents({ json }: Context, out: string | undefined): void {
  if (!json || out !== undefined) return;
  throw new UsageError(
    "--json reports on an export into a file; add --out FILE, or leave --json out to get the events",
  );
}

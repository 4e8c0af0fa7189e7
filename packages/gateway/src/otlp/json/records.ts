import { decodeRequest, type OtlpLog, type OtlpSpan } from "@agent-assembly/transcripts/otlp";
import { MAX_DEPTH, MAX_ITEMS, tooDeep, tooManyItems, undecodable } from "../undecodable.js";
import { parseBody } from "./parse.js";

/** The spans of an `ExportTraceServiceRequest` in OTLP JSON. @throws ProblemError 400 */
export function parseSpans(bytes: Buffer): OtlpSpan[] {
  return parseRecords(bytes, "resourceSpans") as OtlpSpan[];
}

/** The log records of an `ExportLogsServiceRequest` in OTLP JSON. @throws ProblemError 400 */
export function parseLogs(bytes: Buffer): OtlpLog[] {
  return parseRecords(bytes, "resourceLogs") as OtlpLog[];
}

/** Other members of the request are fields that it does not have, which its readers ignore. */
function parseRecords(bytes: Buffer, root: string): (OtlpSpan | OtlpLog)[] {
  const { [root]: resources } = parseBody(bytes);
  const records: (OtlpSpan | OtlpLog)[] = [];
  if (resources === undefined || resources === null) return records;
  for (const found of decodeRequest({ [root]: resources })) {
    if ("kind" in found) throw undecodable(`has at ${found.pointer} something that ${found.reason}`);
    const { record, notes, pointer } = found;
    if (records.push(record) > MAX_ITEMS) throw tooManyItems();
    if (notes.deepest > MAX_DEPTH) throw tooDeep();
    if (notes.unread > 0) throw undecodable(`has at ${pointer} an attribute or an event that cannot be read`);
  }
  return records;
}

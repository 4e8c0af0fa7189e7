import type { JsonValue } from "@agent-assembly/storage-core";
import type { OtlpLog, OtlpOrigin } from "@agent-assembly/transcripts/otlp";
import { LOG_RECORD } from "./fields.js";
import type { MessageReader } from "./reader.js";
import { readRequest } from "./request.js";
import { given, readAttribute, readValue } from "./values.js";

/** The log records of an `ExportLogsServiceRequest`. @throws ProblemError 400 */
export function readLogs(bytes: Buffer): OtlpLog[] {
  return readRequest<OtlpLog>(bytes, readLog);
}

function readLog(reader: MessageReader, end: number, origin: OtlpOrigin, logs: OtlpLog[]): void {
  const attributes = new Map<string, JsonValue>();
  const log: { -readonly [Member in keyof OtlpLog]: OtlpLog[Member] } = {
    origin,
    traceId: undefined,
    spanId: undefined,
    eventName: undefined,
    time: undefined,
    observedTime: undefined,
    body: undefined,
    attributes,
  };
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    switch (tag) {
      case LOG_RECORD.time:
        log.time = reader.time();
        break;
      case LOG_RECORD.observedTime:
        log.observedTime = reader.time();
        break;
      case LOG_RECORD.body:
        log.body = readValue(reader, end) ?? undefined;
        break;
      case LOG_RECORD.attributes:
        readAttribute(reader, end, attributes);
        break;
      case LOG_RECORD.traceId:
        log.traceId = reader.hex(16, end);
        break;
      case LOG_RECORD.spanId:
        log.spanId = reader.hex(8, end);
        break;
      case LOG_RECORD.eventName:
        log.eventName = given(reader.text(end));
        break;
      default:
        reader.pass(tag, end);
    }
  }
  logs.push(log);
}

import { RequestAgents } from "./agents.js";
import { mapLog } from "./map-log.js";
import { mapSpan } from "./map-span.js";
import type { Mapped, MappingOptions } from "./mapped.js";
import type { OtlpLog, OtlpSpan } from "./records.js";

/**
 * Maps the records of one request, in order. Spans in it tell whose the records within them are; a record without a time gets
 * that of the record before it, or of the first one that has any.
 * @param options its `assumedTime` is for requests in which no record has a time
 */
export function* mapRecords(
  records: readonly (OtlpSpan | OtlpLog)[],
  options: MappingOptions,
): Generator<Mapped, void, undefined> {
  const agents = new RequestAgents(records.filter(isSpan));
  const own = { ...options, assumedTime: firstTime(records) ?? options.assumedTime };
  for (const record of records) {
    own.assumedTime = timeOf(record) ?? own.assumedTime;
    yield isSpan(record) ? mapSpan(record, agents, own) : mapLog(record, agents, own);
  }
}

function firstTime(records: readonly (OtlpSpan | OtlpLog)[]): number | undefined {
  for (const record of records) {
    const time = timeOf(record);
    if (time !== undefined) return time;
  }
  return undefined;
}

function isSpan(record: OtlpSpan | OtlpLog): record is OtlpSpan {
  return "events" in record;
}

function timeOf(record: OtlpSpan | OtlpLog): number | undefined {
  const time = isSpan(record) ? (record.start ?? record.end) : (record.time ?? record.observedTime);
  return time === undefined ? undefined : Number(time / 1_000_000n);
}

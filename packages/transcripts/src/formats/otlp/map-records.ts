import { RequestAgents } from "./agents.js";
import { mapLog } from "./map-log.js";
import { mapSpan } from "./map-span.js";
import type { Mapped, MappingOptions } from "./mapped.js";
import { isSpan, type OtlpLog, type OtlpSpan } from "./records.js";

/**
 * Maps the records of one request, in order. Spans in it tell whose the records within them are; a record without a time gets
 * that of the record before it, or of the first one that has any.
 * @param options its `assumedTime` is for requests in which no record has a time
 */
export function* mapRecords(
  records: readonly (OtlpSpan | OtlpLog)[],
  options: MappingOptions,
): Generator<Mapped, void, undefined> {
  const agents = new RequestAgents(records);
  let time = firstTime(records);
  const own: MappingOptions = {
    ...options,
    // Nearly all records have a time of their own: that of others is worked out when one asks.
    get assumedTime() {
      return time === undefined ? options.assumedTime : Number(time / 1_000_000n);
    },
  };
  for (const record of records) {
    time = timeOf(record) ?? time;
    yield isSpan(record) ? mapSpan(record, agents, own) : mapLog(record, agents, own);
  }
}

function firstTime(records: readonly (OtlpSpan | OtlpLog)[]): bigint | undefined {
  for (const record of records) {
    const time = timeOf(record);
    if (time !== undefined) return time;
  }
  return undefined;
}

function timeOf(record: OtlpSpan | OtlpLog): bigint | undefined {
  return isSpan(record) ? (record.start ?? record.end) : (record.time ?? record.observedTime);
}

import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { type MappingRefusal, mapRecords, type OtlpLog, type OtlpSpan } from "@agent-assembly/transcripts/otlp";
import type { OtlpEncoding } from "../answers.js";
import { parseLogs, parseSpans } from "../json/records.js";
import type { ResolvedOtlpOptions } from "../options.js";
import type { RejectedItem } from "../outcome.js";
import { readLogs } from "../protobuf/logs.js";
import { readSpans } from "../protobuf/spans.js";

/** A request with spans or log records. */
export interface RecordsRequest {
  readonly signal: "traces" | "logs";
  readonly encoding: OtlpEncoding;
  readonly bytes: Buffer;
  /** Of the token: nothing of other teams is taken. */
  readonly teamId: string | undefined;
}

/** What a request became, before anything of it is stored. */
export interface MappedRequest {
  /** Records in it. */
  readonly items: number;
  readonly events: readonly NewAuditEvent[];
  /** Of each event, the place of its record. */
  readonly owners: readonly number[];
  readonly rejected: readonly RejectedItem[];
  /** Numbers of records that tell of no work of an agent, by reason. */
  readonly ignored: ReadonlyMap<string, number>;
}

const DECODERS = {
  traces: { protobuf: readSpans, json: parseSpans },
  logs: { protobuf: readLogs, json: parseLogs },
} as const;

/** Records between two pauses. */
const MAPPED_AT_ONCE = 128;

/** Records that are events, and lack something; those for other reasons are no events, and left out. */
const LACKS: Partial<Readonly<Record<MappingRefusal, string>>> = {
  no_agent: "names no agent: set service.name or gen_ai.agent.name",
  no_tool: "is a call without the name of a tool",
  no_time: "has no time",
};

/**
 * The events of a request's spans or log records.
 * @param pause is awaited now and then, where others wait for this thread
 * @throws ProblemError 400 for a body that is no request
 */
export async function mapRequest(
  { signal, encoding, bytes, teamId }: RecordsRequest,
  options: ResolvedOtlpOptions,
  pause?: () => Promise<unknown>,
): Promise<MappedRequest> {
  const records: readonly (OtlpSpan | OtlpLog)[] = DECODERS[signal][encoding](bytes);
  const events: NewAuditEvent[] = [];
  const owners: number[] = [];
  const rejected = new Map<number, RejectedItem>();
  const ignored = new Map<string, number>();
  let index = 0;
  for (const { events: mapped, refusal } of mapRecords(records, {
    ...options,
    teamId,
    answers: false,
    assumedTime: undefined,
  })) {
    const lacks = refusal === undefined ? undefined : LACKS[refusal];
    if (lacks !== undefined) rejected.set(index, { index, code: "invalid_argument", reason: lacks });
    else if (refusal !== undefined) ignored.set(refusal, (ignored.get(refusal) ?? 0) + 1);
    for (const { event } of mapped) {
      if (teamId !== undefined && event.teamId !== teamId) {
        rejected.set(index, { index, code: "forbidden", reason: "is of another team than the token" });
      } else {
        events.push(event);
        owners.push(index);
      }
    }
    index++;
    if (index % MAPPED_AT_ONCE === 0) await pause?.();
  }
  return { items: records.length, events, owners, rejected: [...rejected.values()], ignored };
}

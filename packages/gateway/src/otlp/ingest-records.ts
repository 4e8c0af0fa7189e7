import { setImmediate } from "node:timers/promises";
import type { NewAuditEvent, RejectionCode } from "@agent-assembly/storage-core";
import { type MappingRefusal, mapRecords, type OtlpLog, type OtlpSpan } from "@agent-assembly/transcripts/otlp";
import type { Identity } from "../context.js";
import type { AppendEvents } from "../ingest/append-events.js";
import type { ResolvedOtlpOptions } from "./options.js";
import type { Outcome, RejectedItem } from "./outcome.js";

const MAPPED_AT_ONCE = 128;

/** Records that are events, and lack something; those for other reasons are no events, and left out. */
const LACKS: Partial<Readonly<Record<MappingRefusal, string>>> = {
  no_agent: "names no agent: set service.name or gen_ai.agent.name",
  no_tool: "is a call without the name of a tool",
  no_time: "has no time",
};
const REASONS: Readonly<Record<RejectionCode, string>> = {
  invalid_argument: "has a member that cannot be stored",
  too_large: "its payload is larger than the store accepts",
  out_of_range: "its time lies further from now than the store accepts",
  conflict: "another event of the same time and id is stored, and stays",
};

/** Stores the events of a request's spans or log records with one `append`; resolves once they are durable. */
export async function ingestRecords(
  records: readonly (OtlpSpan | OtlpLog)[],
  append: AppendEvents,
  { teamId }: Pick<Identity, "teamId">,
  options: ResolvedOtlpOptions,
): Promise<Outcome> {
  const events: NewAuditEvent[] = [];
  /** Of each event, the place of its record. */
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
    // Other requests wait meanwhile: a large one must not hold them up for long.
    if (index % MAPPED_AT_ONCE === 0) await setImmediate();
  }
  if (events.length > 0) {
    const result = await append(events);
    for (const { index: at, code } of result.rejected) {
      const owner = owners[at] as number;
      if (!rejected.has(owner)) rejected.set(owner, { index: owner, code, reason: REASONS[code] });
    }
  }
  return { items: records.length, rejected: inOrder(rejected), ignored };
}

function inOrder(rejected: ReadonlyMap<number, RejectedItem>): RejectedItem[] {
  return [...rejected.values()].sort((a, b) => a.index - b.index);
}

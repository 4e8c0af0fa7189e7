import type { AuditEvent, JsonValue } from "@agent-assembly/storage-core";
import type { OptionalTextMember, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { Packing, packedColumns } from "./fields.js";

/** The payload names the tool. */
const columnsOf = packedColumns("tool");

/** The members that {@link PackedEvents.read} sets one by one; with one missing it does not compile. */
type SetMember = "teamId" | "orgId" | "sessionId" | "traceId" | "shadowDecision" | "matchedRuleId";

type Draft = [OptionalTextMember] extends [SetMember] ? { -readonly [K in keyof AuditEvent]: AuditEvent[K] } : never;

/** Events in their public form, without the rows in between. */
export class PackedEvents extends Packing<AuditEvent> {
  /** @param filter what all of them meet */
  constructor(filter: ParsedAuditFilter) {
    super(filter, columnsOf);
  }

  /** Unrolled, in the order of `AUDIT_EVENT_COLUMNS`. */
  protected read(values: readonly string[], payload: string | null): AuditEvent {
    const { known } = this;
    let at = 0;
    const given = (): string => values[at++] as string;
    const ts = new Date(Number(given()));
    const recordedAt = new Date(Number(given()));
    const eventId = given();
    const agentId = known.agentId ?? given();
    // No text that is stored is empty.
    const teamId = known.teamId ?? given();
    const orgId = known.orgId ?? given();
    const sessionId = known.sessionId ?? given();
    const traceId = known.traceId ?? given();
    const action = known.action ?? given();
    const decision = known.decision ?? given();
    const dryRun = given() === "t";
    const shadowDecision = known.shadowDecision ?? given();
    const matchedRuleId = known.matchedRuleId ?? given();
    const event: Draft = { ts, recordedAt, eventId, agentId, action, decision, dryRun };
    if (teamId !== "") event.teamId = teamId;
    if (orgId !== "") event.orgId = orgId;
    if (sessionId !== "") event.sessionId = sessionId;
    if (traceId !== "") event.traceId = traceId;
    if (shadowDecision !== "") event.shadowDecision = shadowDecision;
    if (matchedRuleId !== "") event.matchedRuleId = matchedRuleId;
    if (payload !== null) event.payload = JSON.parse(payload) as JsonValue;
    return event;
  }
}

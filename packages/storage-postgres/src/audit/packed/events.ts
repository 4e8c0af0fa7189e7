import type { AuditEvent, JsonValue } from "@agent-assembly/storage-core";
import type { OptionalTextMember, ParsedAuditFilter } from "@agent-assembly/storage-core/backend";
import { fromStoredJsonText } from "../../sql/stored-json.js";
import {
  type Known,
  knownBy,
  type PackedColumns,
  type PackedRow,
  type Packing,
  packedColumns,
  unpack,
} from "./fields.js";

/** The payload names the tool. */
const columnsOf = packedColumns("tool");

/** The members that {@link PackedEvents.parse} sets one by one; with one missing it does not compile. */
type SetMember = "teamId" | "orgId" | "sessionId" | "traceId" | "shadowDecision" | "matchedRuleId";

type Draft = [OptionalTextMember] extends [SetMember] ? { -readonly [K in keyof AuditEvent]: AuditEvent[K] } : never;

/** Events in their public form, without the rows in between. */
export class PackedEvents implements Packing<AuditEvent> {
  readonly columns: string;
  readonly #known: Known;
  readonly #packed: PackedColumns;

  /** @param filter what all of them meet */
  constructor(filter: ParsedAuditFilter) {
    this.#known = knownBy(filter);
    this.#packed = columnsOf(this.#known);
    this.columns = this.#packed.select;
  }

  /** Unrolled, in the order of `AUDIT_EVENT_COLUMNS`. */
  parse([fields, payload]: PackedRow): AuditEvent | undefined {
    const values = unpack(fields, this.#packed);
    if (values === undefined) return undefined;
    const known = this.#known;
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
    if (payload !== null) event.payload = JSON.parse(fromStoredJsonText(payload)) as JsonValue;
    return event;
  }
}

import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { OPTIONAL_TEXT_MEMBERS, type OptionalTextMember } from "@agent-assembly/storage-core/backend";

/** The clock of most cases stands here. */
export const NOW = Date.UTC(2026, 2, 15, 12, 0, 0, 0);

/** Opens a store whose clock stands at {@link NOW} and which takes events of any time. */
export const ANY_TIME = {
  clock: () => NOW,
  limits: { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY },
} as const;

/** The same, for cases that count all events: changes of agents, holds and others are not recorded. */
export const UNRECORDED = { ...ANY_TIME, governanceEvents: false } as const;

/** A UUID that is the same every time; ascending with `n`. */
export function uuid(n: number): string {
  return `00000000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
}

/** A valid event; the same for the same `n`, one second apart. */
export function event(n: number, members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    ts: new Date(NOW - 1_000_000 + n * 1000),
    eventId: uuid(n),
    agentId: "agent-1",
    action: "tool_call",
    decision: "allow",
    ...members,
  };
}

/** Every text that only some events have. */
export function optionalTexts(value: (member: OptionalTextMember) => string): Partial<NewAuditEvent> {
  return Object.fromEntries(OPTIONAL_TEXT_MEMBERS.map((member) => [member, value(member)]));
}

/** Events `0` to `count - 1`. */
export function events(count: number, members: (n: number) => Partial<NewAuditEvent> = () => ({})): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => event(n, members(n)));
}

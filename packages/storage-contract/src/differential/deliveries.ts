import type { AppendResult, AuditEvent, NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { NOW } from "../support/fixtures.js";
import { command } from "./command.js";
import { name, newEvent } from "./values.js";

/** The events that a history appended, in order: as they came, whatever the store has of them since. */
const delivered = new WeakMap<StorageBackend, NewAuditEvent[]>();

function deliveredTo(backend: StorageBackend): NewAuditEvent[] {
  const events = delivered.get(backend) ?? [];
  delivered.set(backend, events);
  return events;
}

function append(backend: StorageBackend, events: readonly NewAuditEvent[]): Promise<AppendResult> {
  deliveredTo(backend).push(...events);
  return backend.audit.append(events);
}

const OPTIONAL = ["sessionId", "traceId", "payload"] as const;

/** An event that comes again: its place among those that came, and how it differs. */
interface Repeated {
  readonly at: number;
  readonly change: Partial<NewAuditEvent>;
  readonly without: readonly (typeof OPTIONAL)[number][];
}

const change: fc.Arbitrary<Partial<NewAuditEvent>> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({}) },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Partial<NewAuditEvent>[]>(
      { agentId: "erased" },
      { payload: { v: "other" } },
      { decision: "deny" },
    ),
  },
  { weight: 1, arbitrary: fc.record({ agentId: name, sessionId: name }) },
);
const without = fc.oneof(
  { weight: 6, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.uniqueArray(fc.constantFrom(...OPTIONAL)) },
);
const again: fc.Arbitrary<readonly Repeated[]> = fc.array(fc.record({ at: fc.nat(200), change, without }), {
  minLength: 1,
  maxLength: 6,
});

function repeated(backend: StorageBackend, events: readonly Repeated[]): NewAuditEvent[] {
  const came = deliveredTo(backend);
  return events.flatMap(({ at, change, without }) => {
    const event = came[at % came.length];
    if (event === undefined) return [];
    const next: Record<string, unknown> = { ...event, ...change };
    for (const member of without) delete next[member];
    return [next as unknown as NewAuditEvent];
  });
}

/** Events that come, and that come again: from writers, and out of archives, which have them as they were. */
export const deliveryCommands = {
  append: command("audit.append", [fc.array(newEvent, { minLength: 1, maxLength: 8 })], append),
  appendAgain: command("audit.append again", [again], (backend, events) =>
    backend.audit.append(repeated(backend, events)),
  ),
  restoreAgain: command("partitions.restore again", [again], (backend, events) =>
    backend.partitions.restore(
      repeated(backend, events).map((event) => ({ dryRun: false, ...event, recordedAt: new Date(NOW) }) as AuditEvent),
    ),
  ),
};

import assert from "node:assert/strict";
import type {
  AuditEvent,
  ErasureRequest,
  JsonObject,
  NewAuditEvent,
  StorageBackend,
} from "@agent-assembly/storage-core";
import type { ErasureSupport } from "@agent-assembly/storage-core/backend";
import type { CaseContext, ContractCase } from "../../contract-case.js";
import type { CreateOptions } from "../../harness.js";
import { collect, rejects } from "../../support/assert.js";
import { ANY_TIME, event } from "../../support/fixtures.js";
import { assertUnsupported } from "../durability.js";

/** A case on erasing; a backend without the capability refuses it. */
export function erasureCase<const Id extends string>(
  id: Id,
  title: string,
  run: (backend: StorageBackend, context: CaseContext) => Promise<void>,
  options: CreateOptions = ANY_TIME,
) {
  return {
    id,
    title,
    requires: "erasure",
    async run(context) {
      await run(await context.storage(options), context);
    },
    async refusal({ storage }) {
      const backend = await storage(options);
      assertUnsupported(backend, "erasure");
      assert.equal(backend.erasureSupport, undefined);
      await rejects(backend.planErasure(request()), "unsupported");
      await rejects(backend.erase(request()), "unsupported");
      assert.deepEqual(await backend.erasures(), []);
    },
  } as const satisfies ContractCase;
}

/** The role, of a backend that has the capability. */
export function erasureSupportOf({ erasureSupport }: StorageBackend): ErasureSupport {
  return erasureSupport ?? assert.fail("the capability erasure is declared, and there is no erasureSupport");
}

/** A request for everything that can be erased of the agent `subject`. */
export function request(members: Partial<ErasureRequest> = {}): ErasureRequest {
  return {
    filter: { agentId: "subject" },
    parts: ["agentId", "sessionId", "traceId", "payload:/arguments", "payload:/tool"],
    request: "ticket 4711",
    basis: "Art. 17(1)(b)",
    ...members,
  };
}

/** An event of the agent `subject`; the same for the same `n`. */
export function subjectEvent(n: number, members: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return event(n, {
    agentId: "subject",
    teamId: "team-1",
    orgId: "org-1",
    sessionId: "session of the subject",
    traceId: "trace of the subject",
    payload: { tool: "mail", arguments: { to: "subject@example.com" }, result: "sent", n },
    ...members,
  });
}

/** What is left of {@link subjectEvent} behind {@link request}. */
export function erasedEvent(n: number): NewAuditEvent {
  const { sessionId: _, traceId: __, ...rest } = subjectEvent(n);
  return { ...rest, agentId: "erased", payload: { result: "sent", n } };
}

/** The events that cases erase, between those of another agent, which stay as they are. */
export function mixedEvents(count: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) =>
    n % 2 === 0 ? subjectEvent(n) : event(n, { sessionId: "session 2", payload: { tool: "read", n } }),
  );
}

/** All events but those that record changes, as they can be appended. */
export async function storedEvents({ audit }: StorageBackend): Promise<NewAuditEvent[]> {
  const found = await collect(audit.stream());
  return found.filter(({ action }) => action !== "governance").map(({ recordedAt: _, ...stored }) => stored);
}

/** An event as a store gives it, with the defaults. */
export function asStored(event: NewAuditEvent): NewAuditEvent {
  return { dryRun: false, ...event };
}

/** The payload of an event, which must be an object. */
export function payloadOf(event: Pick<AuditEvent, "payload"> | undefined): JsonObject {
  const payload = event?.payload;
  assert.ok(typeof payload === "object" && payload !== null && !Array.isArray(payload));
  return payload;
}

import type { AgentStorage } from "@agent-assembly/storage";
import { isStorageError, type NewAuditEvent, type StorageBackend } from "@agent-assembly/storage-core";
import { REQUEST_LIMITS } from "@agent-assembly/storage-core/backend";
import type { Approval, ApprovalQueue, ApprovalState } from "@agent-assembly/storage-core/state";
import { createSample, type SampleEvent } from "./sample.js";
import { SAMPLE_AGENTS, SAMPLE_POLICY, SAMPLE_POLICY_NAME } from "./scenario.js";
import { recordSampleUsage } from "./usage.js";

const ACTOR = "aasm demo";
const MINUTE_MS = 60_000;

export interface DemoResult {
  readonly inserted: number;
  /** Stored by an earlier run. */
  readonly duplicates: number;
  readonly agents: number;
  readonly policy: { readonly name: string; readonly version: number };
  /** Of metrics; none where they are not kept. */
  readonly samples: number;
  /** A request that waits for a decision. */
  readonly approval: { readonly requestId: string; readonly state: ApprovalState };
}

/** Puts the sample into a store; a second time changes nothing. */
export async function recordSample(storage: AgentStorage, now: number): Promise<DemoResult> {
  for (const { tools: _, ...agent } of SAMPLE_AGENTS) {
    try {
      await storage.agents.register(agent);
    } catch (error) {
      if (!isStorageError(error, "conflict")) throw error;
    }
  }
  const { version } = await storage.policies.save(
    { name: SAMPLE_POLICY_NAME, source: SAMPLE_POLICY },
    { actor: ACTOR },
  );
  await storage.policies.activate(SAMPLE_POLICY_NAME, version, { actor: ACTOR });

  const sample = createSample();
  const anchor = (await earlierAnchor(storage, sample)) ?? Math.floor(now / MINUTE_MS) * MINUTE_MS;
  const events = sample.map(
    ({ beforeAnchorMs, ...event }): NewAuditEvent => ({ ...event, ts: new Date(anchor - beforeAnchorMs) }),
  );
  const { inserted, duplicates } = await storage.audit.append(events, {
    limits: { maxAgeMs: Number.POSITIVE_INFINITY },
  });
  const samples = await recordSampleUsage(storage, sample, anchor);
  const { requestId, state } = await submitSampleApproval(storage.approvals);
  return {
    inserted,
    duplicates,
    agents: SAMPLE_AGENTS.length,
    policy: { name: SAMPLE_POLICY_NAME, version },
    samples,
    approval: { requestId, state },
  };
}

/**
 * The moment the first run counted back from: what is stored tells it, so that the sample looks recent on the day it is
 * recorded and stays where it is afterwards. Any one event will do, should retention have taken the others.
 */
async function earlierAnchor(storage: StorageBackend, sample: readonly SampleEvent[]): Promise<number | undefined> {
  const offsets = new Map(sample.map((event) => [event.eventId, event.beforeAnchorMs]));
  const ids = [...offsets.keys()];
  for (let from = 0; from < ids.length; from += REQUEST_LIMITS.filterValues) {
    const { items } = await storage.audit.query(
      { eventId: ids.slice(from, from + REQUEST_LIMITS.filterValues) },
      { limit: 1 },
    );
    const found = items[0];
    if (found !== undefined) return found.ts.getTime() + (offsets.get(found.eventId) as number);
  }
  return undefined;
}

const WEEK_MS = 7 * 86_400_000;

/** One of the sample's calls waits for a yes or no; a second time it is the same request, decided or not. */
function submitSampleApproval(approvals: ApprovalQueue): Promise<Approval> {
  return approvals.submit({
    requestId: "aasm-demo-scale-service",
    agentId: "infra-operator",
    teamId: "platform",
    action: "tool_call",
    request: { tool: "scale_service", arguments: { service: "checkout", replicas: 18 } },
    expiresInMs: WEEK_MS,
    onExpiry: "deny",
  });
}

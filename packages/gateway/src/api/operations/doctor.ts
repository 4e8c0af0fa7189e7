import type { AgentStorage } from "@agent-assembly/storage";
import { type Capability, isStorageError } from "@agent-assembly/storage-core";
import type { StateHealth } from "@agent-assembly/storage-core/state";
import { problemOf } from "../../http/problem.js";

const SEVERITIES = ["error", "warning", "note"] as const;
const LAG_MS = 3_600_000;

/** One thing that needs attention. */
interface Finding {
  readonly severity: (typeof SEVERITIES)[number];
  readonly code: string;
  readonly message: string;
  readonly remedy?: string | undefined;
}

/** The state of a store, and what needs attention. Answers also when the store is down. */
export async function examine(storage: AgentStorage, now: number): Promise<object> {
  const health = await storage.health();
  const isUp = health.status !== "down";
  const findings = [
    ...health.problems.map((message) => finding(isUp ? "warning" : "error", `store_${health.status}`, message)),
    ...(health.notes ?? []).map((message) => finding("note", "store_note", message)),
    ...(await stateFindings(storage)),
    ...(isUp ? await checks(storage, now) : []),
    ...Object.entries(storage.capabilities).flatMap(([name, capability]) => capabilityFindings(name, capability)),
  ].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const needsAttention = findings.some(({ severity }) => severity !== "note");
  return {
    status: isUp && needsAttention ? "degraded" : health.status,
    findings,
    health,
    ...(storage.location !== undefined && { location: storage.location }),
    capabilities: storage.capabilities,
  };
}

function finding(severity: Finding["severity"], code: string, message: string, remedy?: string): Finding {
  return { severity, code, message, ...(remedy !== undefined && { remedy }) };
}

async function stateFindings(storage: AgentStorage): Promise<Finding[]> {
  const { policyCache, approvals, rateLimits } = await storage.stateHealth();
  const of = (code: string, { status, problems }: StateHealth): Finding[] =>
    problems.map((message) => finding(status === "down" ? "error" : "warning", `${code}_${status}`, message));
  return [...of("policy_cache", policyCache), ...of("approvals", approvals), ...of("rate_limits", rateLimits)];
}

function capabilityFindings(name: string, capability: Capability): Finding[] {
  if (capability.status === "supported") return [];
  return [finding("note", `capability_${capability.status}`, `${name}: ${capability.reason}`)];
}

/** What takes a question to the store. One that fails is a finding itself. */
async function checks(storage: AgentStorage, now: number): Promise<Finding[]> {
  const asked = [foreignRetention(storage), lastRun(storage), sealing(storage, now)];
  const found = await Promise.all(asked.map((findings) => findings.catch(failure)));
  return found.flat();
}

function failure(error: unknown): Finding[] {
  if (!isStorageError(error)) throw error;
  const { detail, remedy } = problemOf(error);
  return [finding("error", `check_${error.code}`, detail, remedy)];
}

async function foreignRetention({ retentionSupport }: AgentStorage): Promise<Finding[]> {
  const policies = await retentionSupport.conflictingPolicies();
  return policies.map(({ description, remedy }) => finding("error", "foreign_retention", description, remedy));
}

async function lastRun({ retentionSupport }: AgentStorage): Promise<Finding[]> {
  const [run] = await retentionSupport.runs({ limit: 1 });
  if (run === undefined || run.outcome === "running" || run.outcome === "succeeded") return [];
  const detail = run.detail === "" ? "" : `: ${run.detail}`;
  return [finding("warning", `retention_${run.outcome}`, `the last retention run ${run.outcome}${detail}`)];
}

async function sealing({ evidenceSupport }: AgentStorage, now: number): Promise<Finding[]> {
  const log = await evidenceSupport?.log();
  if (evidenceSupport === undefined || log === undefined) return [];
  const { events } = await evidenceSupport.next(log.position, 1);
  const [oldest] = events;
  if (oldest === undefined || now - oldest.event.recordedAt < LAG_MS) return [];
  const message = "events wait for more than an hour to be sealed";
  return [finding("warning", "evidence_lag", message, "Run aasm evidence seal, or look why the sealer stopped.")];
}

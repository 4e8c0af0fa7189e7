import type { StorageBackend } from "./backend.js";

/** Every operation of a backend: what it does to the data, and whether it answers once or iterates. */
export const OPERATIONS = {
  "audit.append": { access: "write", shape: "call" },
  "audit.query": { access: "read", shape: "call" },
  "audit.stream": { access: "read", shape: "iterate" },
  "audit.count": { access: "read", shape: "call" },
  "audit.summarize": { access: "read", shape: "call" },
  "audit.tail": { access: "read", shape: "iterate" },
  "agents.register": { access: "write", shape: "call" },
  "agents.get": { access: "read", shape: "call" },
  "agents.list": { access: "read", shape: "call" },
  "agents.update": { access: "write", shape: "call" },
  "agents.setEnforcementMode": { access: "write", shape: "call" },
  "agents.rotateIdentity": { access: "write", shape: "call" },
  "agents.heartbeat": { access: "write", shape: "call" },
  "agents.markOffline": { access: "write", shape: "call" },
  "agents.remove": { access: "write", shape: "call" },
  "policies.save": { access: "write", shape: "call" },
  "policies.activate": { access: "write", shape: "call" },
  "policies.rollback": { access: "write", shape: "call" },
  "policies.active": { access: "read", shape: "call" },
  "policies.get": { access: "read", shape: "call" },
  "policies.versions": { access: "read", shape: "call" },
  "policies.activations": { access: "read", shape: "call" },
  "policies.list": { access: "read", shape: "call" },
  "metrics.record": { access: "write", shape: "call" },
  "metrics.query": { access: "read", shape: "call" },
  "tiers.partitions": { access: "read", shape: "call" },
  "tiers.measure": { access: "read", shape: "call" },
  "tiers.compress": { access: "write", shape: "call" },
  "tiers.read": { access: "read", shape: "iterate" },
  "tiers.drop": { access: "write", shape: "call" },
  "tiers.insert": { access: "write", shape: "call" },
  "tiers.conflictingPolicies": { access: "read", shape: "call" },
  "tiers.lease": { access: "write", shape: "call" },
  "tiers.recordRun": { access: "write", shape: "call" },
  "tiers.runs": { access: "read", shape: "call" },
  "tiers.placeHold": { access: "write", shape: "call" },
  "tiers.releaseHold": { access: "write", shape: "call" },
  "tiers.holds": { access: "read", shape: "call" },
  "tiers.recordArchive": { access: "write", shape: "call" },
  "tiers.forgetArchive": { access: "write", shape: "call" },
  "tiers.archives": { access: "read", shape: "call" },
  health: { access: "read", shape: "call" },
} as const satisfies Record<OperationName, { access: "read" | "write"; shape: "call" | "iterate" }>;

type Role = "audit" | "agents" | "policies" | "metrics" | "tiers";

/** The interface spells the names out, so that a new method without an entry above does not compile. */
export type OperationName = { [R in Role]: `${R}.${Extract<keyof StorageBackend[R], string>}` }[Role] | "health";

export const ROLES = ["audit", "agents", "policies", "metrics", "tiers"] as const satisfies readonly Role[];

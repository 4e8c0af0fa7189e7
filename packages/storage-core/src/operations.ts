import type { StorageBackend } from "./backend.js";

/** Every operation of a backend: what it does to the data, and whether it answers once or iterates. */
export const OPERATIONS = {
  "audit.append": { access: "write", shape: "call" },
  "audit.query": { access: "read", shape: "call" },
  "audit.stream": { access: "read", shape: "iterate" },
  "audit.count": { access: "read", shape: "call" },
  "audit.summarize": { access: "read", shape: "call" },
  "audit.explain": { access: "read", shape: "call" },
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
  "metrics.define": { access: "write", shape: "call" },
  "metrics.record": { access: "write", shape: "call" },
  "metrics.query": { access: "read", shape: "call" },
  "metrics.anomalies": { access: "read", shape: "call" },
  "metrics.list": { access: "read", shape: "call" },
  "metrics.labelValues": { access: "read", shape: "call" },
  "metrics.top": { access: "read", shape: "call" },
  "partitions.list": { access: "read", shape: "call" },
  "partitions.measure": { access: "read", shape: "call" },
  "partitions.compress": { access: "write", shape: "call" },
  "partitions.read": { access: "read", shape: "iterate" },
  "partitions.drop": { access: "write", shape: "call" },
  "partitions.restore": { access: "write", shape: "call" },
  "holds.place": { access: "write", shape: "call" },
  "holds.release": { access: "write", shape: "call" },
  "holds.list": { access: "read", shape: "call" },
  "apiTokens.create": { access: "write", shape: "call" },
  "apiTokens.revoke": { access: "write", shape: "call" },
  "apiTokens.list": { access: "read", shape: "call" },
  "apiTokens.verify": { access: "read", shape: "call" },
  "retentionSupport.readRows": { access: "read", shape: "iterate" },
  "retentionSupport.measureAll": { access: "read", shape: "call" },
  "retentionSupport.lease": { access: "write", shape: "call" },
  "retentionSupport.recordRun": { access: "write", shape: "call" },
  "retentionSupport.runs": { access: "read", shape: "call" },
  "retentionSupport.recordArchive": { access: "write", shape: "call" },
  "retentionSupport.forgetArchive": { access: "write", shape: "call" },
  "retentionSupport.archives": { access: "read", shape: "call" },
  "retentionSupport.conflictingPolicies": { access: "read", shape: "call" },
  "evidenceSupport.log": { access: "read", shape: "call" },
  "evidenceSupport.logs": { access: "read", shape: "call" },
  "evidenceSupport.begin": { access: "write", shape: "call" },
  "evidenceSupport.next": { access: "read", shape: "call" },
  "evidenceSupport.commit": { access: "write", shape: "call" },
  "evidenceSupport.tiles": { access: "read", shape: "call" },
  "evidenceSupport.batches": { access: "read", shape: "call" },
  "evidenceSupport.seeds": { access: "read", shape: "call" },
  "evidenceSupport.statements": { access: "read", shape: "call" },
  "evidenceSupport.moved": { access: "read", shape: "call" },
  "evidenceSupport.rows": { access: "read", shape: "call" },
  "evidenceSupport.keys": { access: "read", shape: "call" },
  "evidenceSupport.recordCheckpoint": { access: "write", shape: "call" },
  "evidenceSupport.checkpoints": { access: "read", shape: "call" },
  "evidenceSupport.recordAnchor": { access: "write", shape: "call" },
  "evidenceSupport.anchors": { access: "read", shape: "call" },
  "evidenceSupport.recordVerification": { access: "write", shape: "call" },
  "evidenceSupport.verifications": { access: "read", shape: "call" },
  "evidenceSupport.parts": { access: "read", shape: "call" },
  "erasureSupport.erased": { access: "read", shape: "call" },
  "erasureSupport.mark": { access: "write", shape: "call" },
  planErasure: { access: "read", shape: "call" },
  erase: { access: "write", shape: "call" },
  erasures: { access: "read", shape: "call" },
  health: { access: "read", shape: "call" },
} as const satisfies Record<OperationName, { access: "read" | "write"; shape: "call" | "iterate" }>;

/** The members of a backend that contain operations. */
export const ROLES = [
  "audit",
  "agents",
  "policies",
  "metrics",
  "partitions",
  "holds",
  "apiTokens",
  "retentionSupport",
  "evidenceSupport",
  "erasureSupport",
] as const;

/** Operations that a backend itself has, outside of its roles. */
export const OWN_OPERATIONS = ["planErasure", "erase", "erasures", "health"] as const;

/** Those of {@link ROLES} that a backend may lack, as its capabilities say. */
export const OPTIONAL_ROLES: readonly Role[] = ["apiTokens", "evidenceSupport", "erasureSupport"];

type Role = (typeof ROLES)[number];

/** The interface spells the names out, so that a new method without an entry above does not compile. */
export type OperationName =
  | { [R in Role]: `${R}.${Extract<keyof NonNullable<StorageBackend[R]>, string>}` }[Role]
  | (typeof OWN_OPERATIONS)[number];

/** How well a backend does one optional thing. */
export type Capability =
  | { readonly status: "supported" }
  | { readonly status: "degraded" | "unsupported"; readonly reason: string };

/** Everything that a backend may or may not be able to do. */
export const CAPABILITY_NAMES = [
  /** Written data outlives the process. */
  "durability",
  /** Several processes may open the same store. */
  "multiProcess",
  /** Metric samples outlive the process. */
  "metricsPersistence",
  /** Time-partitioned audit and metric tables whose partitions are dropped whole. */
  "partitions",
  /** Old partitions can be compressed in place (`partitions.compress`). */
  "compression",
  /** Metric roll-ups are maintained by the database rather than computed from raw rows. */
  "continuousRollups",
  /** Audit events can be sealed so that changes show (`@agent-assembly/evidence`). */
  "evidence",
  /** Parts of audit events can be erased (`erase`). */
  "erasure",
  /** The tokens of a gateway are kept in the store (`apiTokens`). */
  "apiTokens",
] as const;

/** One of {@link CAPABILITY_NAMES}. */
export type CapabilityName = (typeof CAPABILITY_NAMES)[number];

/** What a backend can do, as data: users read it in `aasm status`, the contract suite runs by it. */
export type Capabilities = Readonly<Record<CapabilityName, Capability>>;

/** A capability without restrictions. */
export const SUPPORTED: Capability = Object.freeze({ status: "supported" });

/** A capability that works in part. @param reason what does not work, for users */
export function degraded(reason: string): Capability {
  return Object.freeze({ status: "degraded", reason });
}

/** A capability that the backend does not have. @param reason why, for users */
export function unsupported(reason: string): Capability {
  return Object.freeze({ status: "unsupported", reason });
}

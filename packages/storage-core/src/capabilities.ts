/** How well a backend does one optional thing. */
export type Capability =
  | { readonly status: "supported" }
  | { readonly status: "degraded" | "unsupported"; readonly reason: string };

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
] as const;

export type CapabilityName = (typeof CAPABILITY_NAMES)[number];

/** What a backend can do, as data: users read it in `aasm status`, the contract suite runs by it. */
export type Capabilities = Readonly<Record<CapabilityName, Capability>>;

export const SUPPORTED: Capability = Object.freeze({ status: "supported" });

export function degraded(reason: string): Capability {
  return Object.freeze({ status: "degraded", reason });
}

export function unsupported(reason: string): Capability {
  return Object.freeze({ status: "unsupported", reason });
}

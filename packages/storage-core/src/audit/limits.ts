import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseInteger } from "../support/input.js";
import type { AuditLimits, AuditTimeLimits } from "./store.js";

/** {@link AuditLimits} with every default filled in. */
export type ResolvedAuditLimits = { readonly [K in keyof AuditLimits]-?: number };

/** The limits of a backend that is opened without `limits`: 90 days back, 5 minutes ahead, 256 KiB, 100,000 groups. */
export const DEFAULT_AUDIT_LIMITS: ResolvedAuditLimits = Object.freeze({
  maxAgeMs: 90 * 86_400_000,
  maxSkewMs: 5 * 60_000,
  maxPayloadBytes: 256 * 1024,
  maxSummaryGroups: 100_000,
});

/** The part of the limits that one event can break. */
export type ResolvedEventLimits = Omit<ResolvedAuditLimits, "maxSummaryGroups">;

/** The largest payload cap that can be configured: beyond it JSON functions of the databases start to fail. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;
/** A summary is built in memory. */
const MAX_SUMMARY_GROUPS = 1_000_000;

/** The limits that apply to a whole backend as well as to one append. */
const TIME_LIMIT_NAMES = ["maxAgeMs", "maxSkewMs"] as const satisfies readonly (keyof AuditTimeLimits)[];
const LIMIT_NAMES = Object.keys(DEFAULT_AUDIT_LIMITS) as (keyof AuditLimits)[];
/** Both `append` and opening take them as this option. */
const LIMITS = "options.limits";

/** The limits of one append over those of the backend. @throws `invalid_argument` */
export function parseAppendLimits(limits: AuditTimeLimits | undefined, base: ResolvedAuditLimits): ResolvedAuditLimits {
  if (limits === undefined) return base;
  checkObject(LIMITS, limits);
  for (const name of Object.keys(limits)) {
    if (name === "maxPayloadBytes" || name === "maxSummaryGroups") {
      throw invalidArgument(
        `${LIMITS}.${name}`,
        "applies to the whole backend, not to one append",
        `Set it when opening the backend; append takes ${TIME_LIMIT_NAMES.join(" and ")}.`,
      );
    }
  }
  return parseAuditLimits(limits, base, TIME_LIMIT_NAMES);
}

/** Fills in what is not given. @throws `invalid_argument` */
export function parseAuditLimits(
  limits?: AuditLimits | AuditTimeLimits,
  base: ResolvedAuditLimits = DEFAULT_AUDIT_LIMITS,
  allowed: readonly (keyof AuditLimits)[] = LIMIT_NAMES,
): ResolvedAuditLimits {
  if (limits === undefined) return base;
  checkObject(LIMITS, limits);
  checkKeys(LIMITS, limits, allowed);
  const pick = (key: keyof AuditLimits, max: number): number => {
    const value = (limits as AuditLimits)[key];
    if (value === undefined) return base[key];
    if (typeof value !== "number" || Number.isNaN(value) || value < 0 || value > max) {
      throw invalidArgument(`${LIMITS}.${key}`, `must be a number from 0 to ${max}, got ${describeShape(value)}`);
    }
    return value;
  };
  return {
    maxAgeMs: pick("maxAgeMs", Number.POSITIVE_INFINITY),
    maxSkewMs: pick("maxSkewMs", Number.POSITIVE_INFINITY),
    maxPayloadBytes: pick("maxPayloadBytes", MAX_PAYLOAD_BYTES),
    maxSummaryGroups: summaryGroups((limits as AuditLimits).maxSummaryGroups, base),
  };
}

function summaryGroups(value: unknown, base: ResolvedAuditLimits): number {
  if (value === undefined) return base.maxSummaryGroups;
  return parseInteger(`${LIMITS}.maxSummaryGroups`, value, 1, MAX_SUMMARY_GROUPS);
}

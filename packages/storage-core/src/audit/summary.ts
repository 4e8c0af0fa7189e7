import { invalidArgument, StorageError } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseBoolean } from "../support/input.js";
import { checkCount, REQUEST_LIMITS } from "../support/request-limits.js";
import { didYouMean } from "../support/suggest.js";
import { compareKeys, type KeyValue, textProblem } from "../support/text.js";
import { type Bucketing, parseBucket } from "../time/bucket.js";
import { AUDIT_EVENT_COLUMNS, type AuditColumnType, type AuditDimension, type AuditEventColumn } from "./columns.js";
import type { SummaryRequest, SummaryRow } from "./store.js";

const METADATA_PREFIX = "agent.metadata.";

/** The columns that summaries count by, by dimension. */
const DIRECT = new Map<string, Extract<AuditEventColumn, { dimension: true }>>(
  AUDIT_EVENT_COLUMNS.flatMap((column) => ("dimension" in column ? [[column.member, column]] : [])),
);

/** The dimensions that are one stored member of the event. */
const SUMMARY_DIMENSIONS = [...DIRECT.keys()] as readonly AuditDimension[];

/** A validated summary dimension. `name` is the key in the rows of the summary. */
export type ParsedDimension =
  | {
      readonly name: string;
      readonly kind: "event";
      readonly field: AuditDimension;
      readonly type: AuditColumnType;
    }
  /** A string member of the registered agent's metadata. */
  | { readonly name: string; readonly kind: "agent_metadata"; readonly key: string };

/** A validated {@link SummaryRequest}. */
export interface ParsedSummaryRequest {
  readonly bucket: Bucketing | undefined;
  readonly dimensions: readonly ParsedDimension[];
  /** Whether events count that were dropped. */
  readonly includeDropped: boolean;
  /** Rows that the answer may have. */
  readonly maxGroups: number;
}

/** @throws `invalid_argument`; `too_large` for too many dimensions */
export function parseSummaryRequest(request: SummaryRequest = {}, maxGroups: number): ParsedSummaryRequest {
  checkObject("request", request);
  checkKeys("request", request, ["bucket", "groupBy", "includeDropped"]);
  const groupBy: unknown = request.groupBy ?? [];
  if (!Array.isArray(groupBy))
    throw invalidArgument("request.groupBy", `must be an array of dimensions, got ${describeShape(groupBy)}`);
  checkCount("request.groupBy", "dimensions", groupBy.length, REQUEST_LIMITS.dimensions, "Name fewer.");
  if (new Set(groupBy).size !== groupBy.length)
    throw invalidArgument("request.groupBy", "names a dimension twice", "Name each dimension once.");
  return {
    bucket: request.bucket === undefined ? undefined : parseBucket(request.bucket, "request.bucket"),
    dimensions: Array.from(groupBy, toDimension),
    includeDropped: parseBoolean("request.includeDropped", request.includeDropped ?? false),
    maxGroups,
  };
}

function toDimension(name: unknown): ParsedDimension {
  if (typeof name === "string") {
    const column = DIRECT.get(name);
    if (column !== undefined) return { name, kind: "event", field: column.member, type: column.type };
    if (name.startsWith(METADATA_PREFIX)) {
      const key = name.slice(METADATA_PREFIX.length);
      if (textProblem(key) === undefined) return { name, kind: "agent_metadata", key };
    }
  }
  const known = [...SUMMARY_DIMENSIONS, `${METADATA_PREFIX}KEY`];
  const hint = typeof name === "string" && name.length <= 60 ? didYouMean(name, known) : "";
  throw invalidArgument(
    "request.groupBy",
    `has an unknown dimension (${describeShape(name)}).${hint} Known: ${known.join(", ")}`,
  );
}

/** Adds up counts per bucket and key, and puts the rows in their defined order. */
export class SummaryBuilder {
  readonly #groups = new Map<string, { bucket: number | undefined; key: KeyValue[]; count: number }>();

  constructor(readonly request: ParsedSummaryRequest) {}

  /** @param key one value per dimension, in order */
  add(bucketMs: number | undefined, key: KeyValue[], count: number): void {
    const id = JSON.stringify([bucketMs, key]);
    const group = this.#groups.get(id);
    if (group !== undefined) {
      group.count += count;
      return;
    }
    if (this.#groups.size >= this.request.maxGroups) throw tooManyGroups(this.request.maxGroups);
    this.#groups.set(id, { bucket: bucketMs, key, count });
  }

  rows(): SummaryRow[] {
    // Without bucket and dimensions a summary is a count, and the count of nothing is 0.
    if (this.#groups.size === 0 && this.request.bucket === undefined && this.request.dimensions.length === 0) {
      return [{ key: {}, count: 0 }];
    }
    return [...this.#groups.values()]
      .sort((a, b) => (a.bucket ?? 0) - (b.bucket ?? 0) || compareKeys(a.key, b.key))
      .map(({ bucket, key, count }) => {
        const named = Object.fromEntries(this.request.dimensions.map(({ name }, i) => [name, key[i] as KeyValue]));
        return bucket === undefined ? { key: named, count } : { bucket: new Date(bucket), key: named, count };
      });
  }
}

function tooManyGroups(most: number): Error {
  return new StorageError({
    code: "invalid_argument",
    option: "options.limits.maxSummaryGroups",
    message: `the summary has more than ${most} groups`,
    remedy: "Narrow the filter, widen the bucket, drop a dimension, or raise {option}.",
  });
}

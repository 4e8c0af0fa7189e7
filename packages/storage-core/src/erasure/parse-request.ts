import { type ParsedAuditFilter, parseAuditFilter } from "../audit/filter.js";
import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseBoolean, parseInteger, parseOptionalText, parseText } from "../support/input.js";
import { parseJsonPointer } from "../support/json.js";
import { checkCount } from "../support/request-limits.js";
import { closest } from "../support/suggest.js";
import { textProblem } from "../support/text.js";
import { MEMBER_PREFIX, PLAIN_PAYLOAD, REST_OF_PAYLOAD, WHOLE_PAYLOAD } from "./event-parts.js";
import type { ErasableArchive } from "./hooks.js";
import type { EraseOptions, ErasureRequest, PlanErasureOptions } from "./request.js";

/** Parts that one request may name. */
const MAX_PARTS = 64;
const DEFAULT_RECORDS = 100;
const MAX_RECORDS = 1000;

const PLAIN_PARTS = ["agentId", "sessionId", "traceId", WHOLE_PAYLOAD, PLAIN_PAYLOAD, REST_OF_PAYLOAD];
/** Members of the part that says what happened. */
const KEPT_MEMBERS = ["what", "action", "decision", "dryRun", "matchedRuleId", "orgId", "shadowDecision", "teamId"];
const KEPT = ["ts", "recordedAt", "eventId"];

/** A checked {@link ErasureRequest}. */
export interface ParsedErasure {
  readonly filter: ParsedAuditFilter;
  /** Sorted, each once. */
  readonly parts: readonly string[];
  readonly request: string;
  readonly basis: string;
  readonly actor: string | null;
}

/** @throws `invalid_argument`; `too_large` */
export function parseErasure(request: ErasureRequest): ParsedErasure {
  checkObject("request", request);
  checkKeys("request", request, ["filter", "parts", "request", "basis", "actor"] satisfies (keyof ErasureRequest)[]);
  const filter = parseAuditFilter(request.filter, "request.filter");
  const { from, to, texts, dryRun, payload } = filter;
  if (from === undefined && to === undefined && texts.length === 0 && dryRun === undefined && payload.length === 0) {
    throw invalidArgument(
      "request.filter",
      "has no condition, so that it selects every event",
      "Name what is to be erased, such as a session or a time.",
    );
  }
  return {
    filter,
    parts: parseParts(request.parts),
    request: parseText("request.request", request.request),
    basis: parseText("request.basis", request.basis),
    actor: parseOptionalText("request.actor", request.actor),
  };
}

function parseParts(parts: unknown): string[] {
  if (!Array.isArray(parts)) {
    throw invalidArgument("request.parts", `must be an array of names of parts, got ${describeShape(parts)}`);
  }
  if (parts.length === 0) throw invalidArgument("request.parts", "names no part");
  checkCount("request.parts", "names of parts", parts.length, MAX_PARTS, "Ask in several requests.");
  // Not map(), which passes over holes.
  return [...new Set(Array.from(parts as unknown[], (part, at) => parsePart(`request.parts[${at}]`, part)))].sort();
}

function parsePart(what: string, part: unknown): string {
  const problem = textProblem(part);
  if (problem !== undefined) throw invalidArgument(what, problem);
  const name = part as string;
  if (PLAIN_PARTS.includes(name)) return name;
  if (name.startsWith(MEMBER_PREFIX)) return parseMemberPart(what, name);
  if (KEPT_MEMBERS.includes(name)) {
    throw invalidArgument(what, 'is in the part "what", which says what happened and cannot be erased');
  }
  if (KEPT.includes(name)) throw invalidArgument(what, `(${name}) says that there was an event, and cannot be erased`);
  throw invalidArgument(what, `is no part of an event (${describeShape(name)})`, remedyFor(name));
}

function parseMemberPart(what: string, name: string): string {
  const tokens = parseJsonPointer(name.slice(PLAIN_PAYLOAD.length));
  if (tokens === undefined) {
    throw invalidArgument(what, `is no JSON Pointer behind "${PLAIN_PAYLOAD}"`, 'Write "~" as "~0" and "/" as "~1".');
  }
  if (tokens.length > 1) {
    const part = name.slice(0, name.indexOf("/", MEMBER_PREFIX.length));
    throw invalidArgument(
      what,
      `is inside the part "${part}", and parts are erased as a whole`,
      `Name "${part}"; if the name has a "/" in it, write that as "~1".`,
    );
  }
  return name;
}

function remedyFor(name: string): string {
  if (name.startsWith("/")) return `A member of the payload is named "${PLAIN_PAYLOAD}/NAME".`;
  if (name === "tool") return `The tool is the member "${MEMBER_PREFIX}tool" of the payload.`;
  const near = name.length > 60 ? undefined : closest(name, PLAIN_PARTS);
  const hint = near === undefined ? "" : `Did you mean "${near}"? `;
  return `${hint}Parts are agentId, sessionId, traceId, payload, payload:/NAME, payload:* and payload:.`;
}

/** Checked {@link PlanErasureOptions}. */
export interface ParsedPlanOptions {
  readonly signal: AbortSignal | undefined;
  readonly archives: readonly ErasableArchive[];
}

/** Checked {@link EraseOptions}. */
export interface ParsedEraseOptions extends ParsedPlanOptions {
  readonly onProgress: NonNullable<EraseOptions["onProgress"]>;
  readonly rewrite: boolean;
  readonly evidence: EraseOptions["evidence"];
}

/** @throws `invalid_argument` */
export function parsePlanOptions(options: PlanErasureOptions = {}): ParsedPlanOptions {
  checkObject("options", options);
  checkKeys("options", options, ["signal", "archives"]);
  return parseCommon(options);
}

/** @throws `invalid_argument` */
export function parseEraseOptions(options: EraseOptions = {}): ParsedEraseOptions {
  checkObject("options", options);
  checkKeys("options", options, ["signal", "archives", "onProgress", "rewrite", "evidence"]);
  const { onProgress, rewrite, evidence } = options;
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidArgument("options.onProgress", `must be a function, got ${describeShape(onProgress)}`);
  }
  if (evidence !== undefined && typeof evidence?.announce !== "function") {
    throw invalidArgument("options.evidence", `must be made by erasureEvidence(), got ${describeShape(evidence)}`);
  }
  return {
    ...parseCommon(options),
    onProgress: onProgress ?? (() => undefined),
    rewrite: rewrite === undefined ? false : parseBoolean("options.rewrite", rewrite),
    evidence,
  };
}

function parseCommon({ signal, archives = [] }: PlanErasureOptions): ParsedPlanOptions {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidArgument("options.signal", `must be an AbortSignal, got ${describeShape(signal)}`);
  }
  if (!Array.isArray(archives)) {
    throw invalidArgument("options.archives", `must be an array, got ${describeShape(archives)}`);
  }
  return { signal, archives };
}

/** @throws `invalid_argument` */
export function parseErasuresLimit(options: { readonly limit?: number | undefined } = {}): number {
  checkObject("options", options);
  checkKeys("options", options, ["limit"]);
  return options.limit === undefined ? DEFAULT_RECORDS : parseInteger("options.limit", options.limit, 1, MAX_RECORDS);
}

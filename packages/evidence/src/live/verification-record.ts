import type { StorageBackend } from "@agent-assembly/storage-core";
import { countText, type KeptEvidenceVerification } from "@agent-assembly/storage-core/backend";
import { EVIDENCE_FINDINGS, type Finding } from "../findings.js";
import { evidenceOf } from "../log/store-log.js";
import { STORE_VERDICTS, type StoreVerdict } from "./verdict.js";
import type { StoreVerification } from "./verify-store.js";

/** Findings that a record has. */
export const RECORDED_FINDINGS = 500;
/** What runs a verification tells of it so often, in milliseconds. */
export const VERIFICATION_ALIVE_MS = 5000;
/** One that was not told of for so long, in milliseconds, has died. */
const SILENT_MS = 60_000;

const STATES = ["running", "ended", "cancelled"] as const;
const COUNTS = ["leaves", "passed", "events", "dropped", "erased", "uncompared"] as const;

/**
 * How a verification of a store went, as its runner tells. It is no evidence: who may write to the store may write this, too.
 */
export interface VerificationRecord {
  /** UUID, lower case. */
  readonly id: string;
  readonly actor: string;
  readonly state: (typeof STATES)[number];
  /** Of the range of time. @default from the first event */
  readonly from?: Date | undefined;
  /** @default to the last event */
  readonly to?: Date | undefined;
  readonly startedAt: Date;
  readonly endedAt?: Date | undefined;
  /** Which log of the store, from 1. */
  readonly log: number;
  readonly origin: string;
  /** Leaves of the log that are done with. */
  readonly progress: { readonly leaves: number; readonly of: number };
  /** `null` while it runs. */
  readonly verdict: StoreVerdict | null;
  /** Absent until it has ended. */
  readonly counts?: Pick<StoreVerification, (typeof COUNTS)[number]> | undefined;
  readonly findingCount: number;
  /** The first {@link RECORDED_FINDINGS}. */
  readonly findings: readonly Finding[];
  /** What could not be checked, in words. */
  readonly unchecked: readonly string[];
  /** Whether signatures were checked with the keys that the log names itself. */
  readonly keysFromLog: boolean;
  /** Anchors that were not asked, but for their receipts in the store. */
  readonly notAsked: readonly string[];
}

/**
 * Stores a record; one of the same id takes its place. Of a verification that runs, call it every {@link VERIFICATION_ALIVE_MS}.
 * @throws `unsupported` for a store that keeps no evidence; `permission_denied` for a login that may only read; as other writes
 */
export async function recordVerification(storage: StorageBackend, record: VerificationRecord): Promise<void> {
  const { id, log, startedAt } = record;
  const report = JSON.stringify({ ...record, findings: record.findings.slice(0, RECORDED_FINDINGS) });
  await evidenceOf(storage).recordVerification({ id, log, startedAt: startedAt.getTime(), report });
}

/**
 * The records of a store, the newest first. One whose runner has died is `unchecked`, and so is one that cannot be read.
 * @param limit 1 to 4,096
 * @param id only this one, if it is there
 * @throws `unsupported` for a store that keeps no evidence
 */
export async function verificationRecords(
  storage: StorageBackend,
  limit: number,
  id?: string,
): Promise<VerificationRecord[]> {
  return (await evidenceOf(storage).verifications(limit, id)).map(toRecord);
}

function toRecord(kept: KeptEvidenceVerification): VerificationRecord {
  const record = parseRecord(kept);
  if (record === undefined)
    return { ...unknownRecord(kept), unchecked: ["the record of this verification cannot be read"] };
  if (record.state !== "running" || kept.unchangedMs < SILENT_MS) return record;
  const { leaves, of } = record.progress;
  const silence = countText(Math.floor(kept.unchangedMs / 1000), "second");
  return {
    ...record,
    state: "ended",
    verdict: "unchecked",
    unchecked: [`what ran it has not been heard of for ${silence}, after ${leaves} of ${of} leaves`],
  };
}

function unknownRecord({ id, log, startedAt }: KeptEvidenceVerification): VerificationRecord {
  return {
    id,
    log,
    startedAt: new Date(startedAt),
    actor: "",
    state: "ended",
    origin: "",
    progress: { leaves: 0, of: 0 },
    verdict: "unchecked",
    findingCount: 0,
    findings: [],
    unchecked: [],
    keysFromLog: false,
    notAsked: [],
  };
}

/** Anything may be in the store. */
function parseRecord({ id, log, startedAt, report }: KeptEvidenceVerification): VerificationRecord | undefined {
  const value: unknown = JSON.parse(report);
  if (!isObject(value)) return undefined;
  const { actor, origin, progress, counts, findingCount, keysFromLog } = value;
  const state = STATES.find((one) => one === value.state);
  const verdict = value.verdict === null ? null : STORE_VERDICTS.find((one) => one === value.verdict);
  const [from, to, endedAt] = [value.from, value.to, value.endedAt].map(toDate);
  const findings = Array.isArray(value.findings) ? value.findings.map(toFinding) : [undefined];
  const isWhole =
    typeof actor === "string" &&
    typeof origin === "string" &&
    state !== undefined &&
    verdict !== undefined &&
    (verdict === null) === (state === "running") &&
    from !== null &&
    to !== null &&
    endedAt !== null &&
    isCounts(progress, ["leaves", "of"]) &&
    (counts === undefined || isCounts(counts, COUNTS)) &&
    isCount(findingCount) &&
    findings.every((finding) => finding !== undefined) &&
    isTexts(value.unchecked) &&
    typeof keysFromLog === "boolean" &&
    isTexts(value.notAsked);
  if (!isWhole) return undefined;
  return {
    id,
    log,
    startedAt: new Date(startedAt),
    actor,
    state,
    from,
    to,
    endedAt,
    origin,
    progress,
    verdict,
    counts,
    findingCount,
    findings,
    unchecked: value.unchecked as readonly string[],
    keysFromLog,
    notAsked: value.notAsked as readonly string[],
  };
}

/** @returns `null` for what is no time */
function toDate(value: unknown): Date | undefined | null {
  if (value === undefined) return undefined;
  const date = new Date(typeof value === "string" ? value : Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

function toFinding(value: unknown): Finding | undefined {
  if (!isObject(value) || typeof value.detail !== "string") return undefined;
  const code = EVIDENCE_FINDINGS.find((one) => one === value.code);
  if (code === undefined) return undefined;
  const { leaf, seq, eventId, detail } = value;
  return {
    code,
    ...(isCount(leaf) && { leaf }),
    ...(Number.isSafeInteger(seq) && { seq: seq as number }),
    ...(typeof eventId === "string" && { eventId }),
    detail,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts<Name extends string>(value: unknown, names: readonly Name[]): value is Record<Name, number> {
  return isObject(value) && names.every((name) => isCount(value[name]));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

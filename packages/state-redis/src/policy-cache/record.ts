import { createHash } from "node:crypto";
import type { PolicyVersion } from "@agent-assembly/storage-core";
import { jsonProblem, MAX_TIME_MS, MIN_TIME_MS, textProblem } from "@agent-assembly/storage-core/backend";
import { redisErrors } from "../driver/errors.js";

type StoredPolicy = Omit<PolicyVersion, "source" | "createdAt"> & {
  readonly source: string;
  readonly createdAt: number;
};

const KIND = "a cached policy";

interface PolicyRecord {
  readonly policy: StoredPolicy | null;
}

export function serializePolicy(policy: PolicyVersion | undefined): string {
  if (policy === undefined) return JSON.stringify({ policy: null } satisfies PolicyRecord);
  const { source, createdAt, ...rest } = policy;
  const record: PolicyRecord = {
    policy: { ...rest, source: Buffer.from(source).toString("base64"), createdAt: createdAt.getTime() },
  };
  return JSON.stringify(record);
}

/**
 * @param name of the policy that was asked for
 * @throws `corrupt` for what another program wrote; the message shows nothing of it
 */
export function parsePolicy(text: string, name: string): PolicyVersion | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!isRecord(record)) throw redisErrors.foreignValue(KIND);
  if (record.policy === null) return undefined;
  const { source, createdAt, document, version, format, digest, size, actor } = record.policy;
  const bytes = Uint8Array.from(Buffer.from(source, "base64"));
  const isWhole = bytes.length === size && createHash("sha256").update(bytes).digest("hex") === digest;
  if (record.policy.name !== name || !isWhole) throw redisErrors.foreignValue(KIND);
  return { name, version, format, digest, size, actor, createdAt: new Date(createdAt), document, source: bytes };
}

function isRecord(record: unknown): record is PolicyRecord {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, "policy")) return false;
  const { policy } = record as PolicyRecord;
  if (policy === null) return true;
  if (typeof policy !== "object" || jsonProblem(policy.document) !== undefined) return false;
  return (
    [policy.name, policy.actor].every((text) => textProblem(text) === undefined) &&
    [policy.version, policy.size].every((number) => Number.isSafeInteger(number) && number >= 0) &&
    (policy.format === "yaml" || policy.format === "json") &&
    /^[0-9a-f]{64}$/.test(policy.digest) &&
    typeof policy.source === "string" &&
    Number.isSafeInteger(policy.createdAt) &&
    policy.createdAt >= MIN_TIME_MS &&
    policy.createdAt <= MAX_TIME_MS
  );
}

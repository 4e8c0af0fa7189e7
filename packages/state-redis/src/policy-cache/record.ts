import type { JsonValue, PolicyVersion } from "@agent-assembly/storage-core";
import { MAX_TIME_MS, MIN_TIME_MS, textProblem } from "@agent-assembly/storage-core/backend";
import { redisErrors } from "../driver/errors.js";

type StoredPolicy = Omit<PolicyVersion, "source" | "createdAt"> & {
  readonly source: string;
  readonly createdAt: number;
};

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

/** @throws `corrupt` for what another program wrote; the message shows nothing of it */
export function parsePolicy(text: string): PolicyVersion | undefined {
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (!isRecord(record)) throw redisErrors.foreignValue();
  if (record.policy === null) return undefined;
  const { source, createdAt, document, ...info } = record.policy;
  return {
    ...info,
    document: document as JsonValue,
    source: Uint8Array.from(Buffer.from(source, "base64")),
    createdAt: new Date(createdAt),
  };
}

function isRecord(record: unknown): record is PolicyRecord {
  if (typeof record !== "object" || record === null || !Object.hasOwn(record, "policy")) return false;
  const { policy } = record as PolicyRecord;
  if (policy === null) return true;
  if (typeof policy !== "object" || !Object.hasOwn(policy, "document")) return false;
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

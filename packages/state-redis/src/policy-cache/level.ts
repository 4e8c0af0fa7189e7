import type { JsonValue, PolicyVersion } from "@agent-assembly/storage-core";
import type { SharedPolicyLevel, SharedRead } from "@agent-assembly/storage-core/state";
import { redisErrors } from "../driver/errors.js";
import type { RedisPool } from "../driver/pool.js";
import type { RedisKeys } from "../keys.js";
import { invalidateScript, readScript, writeScript } from "./scripts.js";

interface PolicyRecord {
  readonly policy: (Omit<PolicyVersion, "source" | "createdAt"> & { source: string; createdAt: number }) | null;
}

/** The level that the policy caches of all processes share. Ages are by the server's clock. */
export class RedisPolicyLevel implements SharedPolicyLevel {
  readonly name = "redis";

  constructor(
    private readonly pool: RedisPool,
    private readonly keys: RedisKeys,
    private readonly ttlMs: number,
  ) {}

  async read(name: string): Promise<SharedRead> {
    const answer = await readScript.run(this.pool, this.#keys(name), [this.ttlMs]);
    const [record, ageMs, token] = answer as [string, number, string];
    return record === "" ? { found: false, token } : { found: true, policy: parse(record), ageMs };
  }

  async write(name: string, policy: PolicyVersion | undefined, token: string): Promise<void> {
    await writeScript.run(this.pool, this.#keys(name), [token, this.ttlMs, serialize(policy)]);
  }

  async invalidate(name: string): Promise<void> {
    await invalidateScript.run(this.pool, this.#keys(name), []);
  }

  #keys(name: string): string[] {
    return [this.keys.policy(name, "active"), this.keys.policy(name, "generation")];
  }
}

function serialize(policy: PolicyVersion | undefined): string {
  if (policy === undefined) return JSON.stringify({ policy: null } satisfies PolicyRecord);
  const { source, createdAt, ...rest } = policy;
  const record: PolicyRecord = {
    policy: { ...rest, source: Buffer.from(source).toString("base64"), createdAt: createdAt.getTime() },
  };
  return JSON.stringify(record);
}

function parse(text: string): PolicyVersion | undefined {
  let record: PolicyRecord;
  try {
    record = JSON.parse(text) as PolicyRecord;
  } catch (error) {
    // Its text would show the policy.
    if (!(error instanceof SyntaxError)) throw error;
    throw redisErrors.foreignValue();
  }
  if (record.policy === null) return undefined;
  const { source, createdAt, document, ...info } = record.policy;
  return {
    ...info,
    document: document as JsonValue,
    source: Uint8Array.from(Buffer.from(source, "base64")),
    createdAt: new Date(createdAt),
  };
}

import type { PolicyVersion } from "@agent-assembly/storage-core";
import type { SharedPolicyCache, SharedRead } from "@agent-assembly/storage-core/state";
import type { RedisPool } from "../driver/pool.js";
import { integerReply, listReply, textReply } from "../driver/replies.js";
import type { RedisKeys } from "../keys.js";
import { parsePolicy, serializePolicy } from "./record.js";
import { invalidateScript, MAX_RECORD_BYTES, readScript, writeScript } from "./scripts.js";

/** The level that the policy caches of all processes share. Ages are by the server's clock. */
export class RedisPolicyCache implements SharedPolicyCache {
  readonly name = "redis";

  constructor(
    private readonly pool: RedisPool,
    private readonly keys: RedisKeys,
    private readonly ttlMs: number,
  ) {}

  async read(name: string): Promise<SharedRead> {
    const answer = await readScript.run(this.pool, this.#keys(name), [this.ttlMs]);
    const [kept, age, token] = listReply(answer, 3);
    const record = textReply(kept);
    if (record === "") return { found: false, token: textReply(token) };
    return { found: true, policy: parsePolicy(record, name), ageMs: integerReply(age) };
  }

  async write(name: string, policy: PolicyVersion | undefined, token: string): Promise<void> {
    const record = serializePolicy(policy);
    if (Buffer.byteLength(record) > MAX_RECORD_BYTES) return;
    await writeScript.run(this.pool, this.#keys(name), [token, this.ttlMs, record]);
  }

  async invalidate(name: string): Promise<void> {
    await invalidateScript.run(this.pool, this.#keys(name), []);
  }

  #keys(name: string): string[] {
    return [this.keys.policy(name, "active"), this.keys.policy(name, "generation")];
  }
}

import { predicateOf } from "@agent-assembly/storage-core/backend";
import {
  type ApprovalChange,
  type ApprovalDriver,
  type ApprovalKey,
  type ApprovalRow,
  ApprovalWatchers,
  compareApprovalKeys,
  lossEvent,
  type OpenApprovalsOptions,
  type ParsedApprovalFilter,
  recordApprovalEvents,
  type StateHealth,
  wantsOpenOnly,
  whereApprovals,
} from "@agent-assembly/storage-core/state";
import { redisErrors } from "../driver/errors.js";
import type { RedisPool } from "../driver/pool.js";
import { poolHealth } from "../driver/pool-health.js";
import { integerReply, listReply } from "../driver/replies.js";
import type { Subscriber } from "../driver/subscriber.js";
import type { RedisKeys } from "../keys.js";
import { readDurability, toProblems } from "./durability.js";
import { parseDue, parsePage, parseRecord } from "./record.js";
import { dueScript, insertScript, pageScript, purgeScript, readScript, replaceScript } from "./scripts.js";

/** Records read at a time. */
const CHUNK = 200;

/** How often a change of one revision may be refused: once when the request expires meanwhile, and some to be sure. */
const MAX_REFUSALS = 5;

/** How often a wait looks again, in case a message got lost. */
export const WAIT_POLL_MS = 1000;

/** Requests as hashes, with their order in sorted sets. Times are the server's. */
export class RedisApprovalDriver implements ApprovalDriver {
  readonly #watchers = new ApprovalWatchers();
  #unsubscribe: (() => void) | undefined;

  constructor(
    private readonly pool: RedisPool,
    private readonly keys: RedisKeys,
    private readonly subscriber: Subscriber,
    /** Where the loss of a request is recorded; default nowhere. */
    private readonly audit?: OpenApprovalsOptions["audit"],
  ) {}

  async now(): Promise<number> {
    const [seconds, micros] = listReply(await this.pool.send(this.keys.approvalIndex("order"), ["TIME"]), 2);
    return integerReply(Number(seconds) * 1000 + Math.floor(Number(micros) / 1000));
  }

  /** The event is left out: the audit log is elsewhere. */
  async insert(approval: ApprovalRow): Promise<boolean> {
    const { requestId, submittedAt, expiresAt } = approval;
    const keys = [
      this.keys.approval(requestId),
      this.keys.approvalIndex("order"),
      this.keys.approvalIndex("open"),
      this.keys.approvalIndex("settled"),
      this.keys.approvalIndex("due"),
    ];
    const record = JSON.stringify(approval);
    return (await insertScript.run(this.pool, keys, [requestId, record, submittedAt, expiresAt])) === 1;
  }

  async find(requestId: string): Promise<ApprovalRow | undefined> {
    return (await this.#read(requestId)).stored;
  }

  async replace(requestId: string, change: ApprovalChange): Promise<ApprovalRow | undefined> {
    for (let refused = 0, revision = 0; ; refused++) {
      const { stored, now } = await this.#read(requestId);
      if (stored === undefined) return undefined;
      const next = change(stored, now);
      if (next === stored) return next;
      if (stored.revision !== revision) refused = 0;
      revision = stored.revision;
      // The revision beside the record is another one, which no change of ours leaves behind.
      if (refused >= MAX_REFUSALS) throw redisErrors.foreignValue("an approval");
      const keys = [
        this.keys.approval(requestId),
        this.keys.approvalIndex("open"),
        this.keys.approvalIndex("settled"),
        this.keys.approvalIndex("due"),
      ];
      // An approver's change has to happen before the request expires, not only to have been made up before.
      const latest = now < stored.expiresAt ? stored.expiresAt : "";
      const args = [requestId, JSON.stringify(next), stored.revision, latest, next.decidedAt ?? ""];
      const replaced = await replaceScript.run(this.pool, keys, [...args, this.keys.channel("approvals")]);
      if (replaced === 1) return next;
    }
  }

  async list(
    filter: ParsedApprovalFilter,
    after: ApprovalKey | undefined,
    limit: number,
    now: number,
  ): Promise<readonly ApprovalRow[]> {
    const openOnly = wantsOpenOnly(filter);
    const index = this.keys.approvalIndex(openOnly ? "open" : "order");
    const matches = predicateOf(whereApprovals(filter, now));
    const found: ApprovalRow[] = [];
    let last = after;
    for (let count = CHUNK; found.length < limit; ) {
      const from = last === undefined ? "-inf" : last.submittedAt;
      const page = parsePage(await pageScript.run(this.pool, [index], [this.keys.approval(""), from, count]));
      const fresh = page.approvals.filter((approval) => last === undefined || compareApprovalKeys(approval, last) > 0);
      found.push(...fresh.filter(matches));
      if (openOnly) await this.#closeExpired(fresh, now);
      if (page.size < count) break;
      // More than a chunk of one millisecond: read past all of them.
      if (fresh.length === 0) count *= 2;
      last = fresh.at(-1) ?? last;
    }
    return found.slice(0, limit);
  }

  /** What has expired is decided, if not in writing yet, and need not be looked through again. */
  async #closeExpired(approvals: readonly ApprovalRow[], now: number): Promise<void> {
    const expired = approvals.filter(({ expiresAt }) => expiresAt <= now).map(({ requestId }) => requestId);
    if (expired.length === 0) return;
    const index = this.keys.approvalIndex("open");
    await this.pool.send(index, ["ZREM", index, ...expired]);
  }

  async expired(now: number, limit: number): Promise<readonly ApprovalRow[]> {
    const args = [this.keys.approval(""), now, limit];
    return parseDue(await dueScript.run(this.pool, [this.keys.approvalIndex("due")], args));
  }

  async purge(before: number, limit: number): Promise<void> {
    const keys = [
      this.keys.approvalIndex("order"),
      this.keys.approvalIndex("open"),
      this.keys.approvalIndex("settled"),
      this.keys.approvalIndex("due"),
    ];
    await purgeScript.run(this.pool, keys, [this.keys.approval(""), before, limit]);
  }

  watch(requestId: string, wake: () => void): () => void {
    this.#unsubscribe ??= this.subscriber.listen(this.keys.channel("approvals"), {
      message: (id) => this.#watchers.wake(id),
      // What was decided meanwhile was not heard of.
      up: () => this.#watchers.wakeAll(),
    });
    return this.#watchers.add(requestId, wake);
  }

  /** Whether Redis may lose requests, too. */
  async health(): Promise<StateHealth> {
    const away = "redis is away: requests can be neither submitted nor decided";
    return poolHealth(this.pool, away, "down", async () =>
      toProblems(await readDurability(this.pool, this.keys.approvalIndex("order"))),
    );
  }

  /** A server that evicts records may evict the order, too, which would tell what there was. @throws `corrupt` */
  async #refuseUncertain(): Promise<void> {
    const { evictsAny, evictedKeys } = await readDurability(this.pool, this.keys.approvalIndex("order"));
    if (evictsAny && evictedKeys > 0) throw redisErrors.perhapsLost(evictedKeys);
  }

  async close(): Promise<void> {
    this.#unsubscribe?.();
    this.#watchers.clear();
  }

  async #read(requestId: string): Promise<{ stored: ApprovalRow | undefined; now: number }> {
    const keys = [this.keys.approval(requestId), this.keys.approvalIndex("order")];
    const [record, time, lostSince] = listReply(await readScript.run(this.pool, keys, [requestId]), 3);
    const now = integerReply(time);
    if (record === null) {
      if (lostSince !== null) {
        if (this.audit !== undefined)
          await recordApprovalEvents(this.audit, [lossEvent(requestId, integerReply(Number(lostSince)))]);
        throw redisErrors.lost();
      }
      await this.#refuseUncertain();
      return { stored: undefined, now };
    }
    const stored = parseRecord(record);
    // Under another id it could be neither claimed nor decided.
    if (stored.requestId !== requestId) throw redisErrors.foreignValue("an approval");
    return { stored, now };
  }
}

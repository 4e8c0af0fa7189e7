import { randomUUID } from "node:crypto";
import type { NewAuditEvent, Partition, StorageBackend } from "@agent-assembly/storage-core";
import {
  type AuditEventRow,
  type ErasingEvent,
  findParts,
  markerOf,
  withoutParts,
} from "@agent-assembly/storage-core/backend";
import { expect } from "vitest";
import { countSlice } from "../../src/counts/count-slice.js";
import { countTables } from "../../src/counts/tables.js";
import { wrongCounts } from "../../src/counts/verify.js";
import { Pool } from "../../src/driver/pool.js";
import { PostgresErasureDriver } from "../../src/erasure/driver.js";
import { parsePostgresOptions } from "../../src/options.js";
import type { PostgresProfile } from "../setup/database.js";
import { type LentSchema, LentSchemas } from "../setup/lent-schemas.js";
import { Random } from "../support/random.js";
import { onProfiles } from "../timescale/support.js";
import { answerOf, logOfRows, randomQuestion } from "./count-questions.js";

const PROFILES: readonly PostgresProfile[] = ["postgres", "postgres-15", "timescale-apache", "timescale-community"];
const DAY = 86_400_000;
const LIMITS = { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY };
/** A Thursday, on which chunks begin; the days reach into the next month. */
const FROM = Date.parse("2026-01-15T00:00:00Z");
const DAYS = 30;
/** Where half of the events are. The store's time is in the last one. */
const BUSY = { from: Date.parse("2026-01-29T20:00:00Z"), hours: 4 };
const NOW = BUSY.from + 3.4 * 3_600_000;
const STEPS = Number(process.env.AASM_TEST_COUNT_STEPS ?? 60);

const schemas = new LentSchemas("counts");

/** Histories of one store, and what its counts say at each moment. */
class History {
  /** How often counts answered with rows of a cut hour, and with an hour less the rows of its other part. */
  readonly cut = { rows: 0, subtracted: 0 };
  readonly #open: { decide(how: "commit" | "rollback"): void; over: Promise<string> }[] = [];
  readonly #tables;

  constructor(
    readonly lent: LentSchema,
    readonly storage: StorageBackend,
    readonly pool: Pool,
    readonly random: Random,
  ) {
    this.#tables = countTables(lent.options.schema);
  }

  async step(): Promise<string> {
    const { random } = this;
    const act = random.of<() => Promise<string>>([
      () => this.#append(),
      () => this.#append(),
      () => this.#begin(),
      () => this.#end(),
      () => this.#count(),
      () => this.#count(),
      () => this.#count(),
      () => this.#drop(),
      () => this.#dropPart(),
      () => this.#compress(),
      () => this.#erase(),
    ]);
    return act();
  }

  async check(what: string): Promise<void> {
    const byRows = logOfRows(this.lent.sql, this.lent.options);
    for (let n = 0; n < 6; n++) {
      const question = randomQuestion(this.random, FROM - DAY, DAYS + 2, BUSY);
      const expected = await answerOf(byRows, question);
      expect(await answerOf(this.storage.audit, question), `${what}: ${JSON.stringify(question)}`).toEqual(expected);
      if (n > 0) continue;
      const explained = await this.storage.audit.explain(question.filter, question.request);
      if (explained.counts.length > 0) this.cut.rows += explained.events.length;
      this.cut.subtracted += explained.subtracted?.length ?? 0;
    }
    if (this.random.below(4) === 0) await this.#checkPartitions(what);
    expect(await wrongCounts(this.lent.sql, this.lent.options.schema), what).toEqual([]);
  }

  async #checkPartitions(what: string): Promise<void> {
    const found = await this.storage.partitions.list("audit");
    const inAll = found.reduce((sum, { rows }) => sum + rows, 0);
    const [all] = await this.lent.sql<{ n: number }[]>`SELECT count(*)::int AS n FROM audit_events`;
    expect(inAll, what).toBe(all?.n);
    const slices = found.flatMap((partition) => [
      { partition },
      { partition, selection: { only: [{ agentId: "agent-1" }], except: [{ decision: "deny" }] } },
      { partition, selection: { except: [{ payload: { "/n": 1 } }] } },
    ]);
    const measures = await this.storage.retentionSupport.measureAll(slices);
    for (const [n, { partition, ...slice }] of slices.entries()) {
      const { rows, bytes } = await this.storage.partitions.measure(partition, { ...slice, asOf: measures[n]?.asOf });
      expect(measures[n], `${what}: slice ${n}`).toMatchObject({ rows, bytes });
    }
    for (const partition of found.slice(0, 3)) {
      const selection = {
        only: [{ agentId: "agent-1", teamId: "red" }],
        except: [{ decision: "deny", tool: "tool-1" }],
      };
      const measured = await this.storage.partitions.measure(partition);
      const again = await this.storage.partitions.measure(partition, { asOf: measured.asOf as string });
      const [rows] = await this.lent.sql<{ n: number; bytes: number }[]>`
        SELECT count(*)::int AS n, sum(250 + coalesce(octet_length(payload::text), 0))::float8 AS bytes FROM audit_events
        WHERE ts >= ${partition.from.toISOString()} AND ts < ${partition.to.toISOString()}`;
      expect([partition.rows, again.rows], what).toEqual([rows?.n, rows?.n]);
      if (partition.tier === "hot") expect(again.bytes, what).toBe(rows?.bytes);
      const [selected] = await this.lent.sql<{ n: number }[]>`
        SELECT count(*)::int AS n FROM audit_events
        WHERE ts >= ${partition.from.toISOString()} AND ts < ${partition.to.toISOString()}
          AND agent_id = 'agent-1' AND team_id = 'red' AND (decision = 'deny' AND tool = 'tool-1') IS NOT TRUE`;
      expect((await this.storage.partitions.measure(partition, { selection })).rows, what).toBe(selected?.n);
    }
  }

  async end(): Promise<void> {
    while (this.#open.length > 0) await this.#end();
    for (;;) {
      const slice = await countSlice(this.pool, this.#tables, { fewest: 1, most: 1000 });
      if (slice?.more !== true) break;
    }
  }

  async #append(): Promise<string> {
    const events = Array.from({ length: 1 + this.random.below(40) }, () => this.#event());
    await this.storage.audit.append(events);
    return `append ${events.length}`;
  }

  /** A transaction that stays open while others come and go. Its events are where others are: a new chunk, or the first ones in a compressed one, would keep writers waiting. */
  async #begin(): Promise<string> {
    const hot = (await this.storage.partitions.list("audit")).filter(({ tier }) => tier === "hot");
    if (hot.length === 0 || this.#open.length > 2) return this.#end();
    const { from, to } = this.random.of(hot);
    const rows = 1 + this.random.below(20);
    let begun = (): void => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let decide = (_: "commit" | "rollback"): void => undefined;
    const decided = new Promise<"commit" | "rollback">((resolve) => {
      decide = resolve;
    });
    const over = this.lent.sql
      .begin(async (transaction) => {
        await transaction.unsafe(
          `INSERT INTO audit_events (ts, event_id, dry_run, agent_id, team_id, action, decision, payload)
           SELECT e.ts + interval '1 millisecond' * i, gen_random_uuid(), false, 'agent-' || i % 3, 'red', 'late', 'deny', '{"n": 1}'
           FROM (
             SELECT ts FROM audit_events WHERE ts >= $2::timestamptz AND ts < $3::timestamptz - interval '1 second'
             ORDER BY event_id LIMIT 1) AS e, generate_series(1, $1::int) AS i`,
          [rows, from.toISOString(), to.toISOString()],
        );
        begun();
        if ((await decided) === "rollback") throw new Error("as decided");
      })
      .then(
        () => "committed",
        (error: Error) => error.message,
      );
    await Promise.race([hasBegun, over]);
    this.#open.push({ decide, over });
    return `begin ${rows}`;
  }

  async #end(): Promise<string> {
    const [one] = this.#open.splice(this.random.below(this.#open.length), 1);
    if (one === undefined) return "nothing to end";
    const how = this.random.below(3) === 0 ? "rollback" : "commit";
    one.decide(how);
    expect(await one.over).toBe(how === "commit" ? "committed" : "as decided");
    return how;
  }

  async #count(): Promise<string> {
    const slice = await countSlice(this.pool, this.#tables, { fewest: 1, most: 1 + this.random.below(60) });
    return `count ${JSON.stringify(slice)}`;
  }

  async #partition(): Promise<Partition | undefined> {
    const found = await this.storage.partitions.list("audit");
    return found.length === 0 ? undefined : this.random.of(found);
  }

  async #drop(): Promise<string> {
    const partition = await this.#partition();
    // A transaction that has inserted into it keeps a chunk from being dropped.
    if (partition === undefined || this.#open.length > 0 || this.random.below(3) > 0) return "no drop";
    const { rows } = await this.storage.partitions.measure(partition);
    const dropped = await this.storage.partitions.drop(partition, { expect: { rows } });
    return `drop ${dropped.rows} of ${partition.id}`;
  }

  async #dropPart(): Promise<string> {
    const partition = await this.#partition();
    if (partition === undefined || this.#open.length > 0) return "no drop";
    const selection = this.random.of([
      { only: [{ agentId: "agent-1" }] },
      { except: [{ decision: "deny" }, { tool: "tool-1" }] },
      { except: [{ payload: { "/n": 1 } }] },
    ]);
    const { rows, asOf } = await this.storage.partitions.measure(partition, { selection });
    const dropped = await this.storage.partitions.drop(partition, {
      selection,
      expect: { rows },
      ...(asOf === undefined ? {} : { asOf }),
    });
    return `drop ${dropped.rows} of ${JSON.stringify(selection)}`;
  }

  /** Some parts of some events; the store's own erasing would also wait for the open transactions. */
  async #erase(): Promise<string> {
    const filter = this.random.of([
      { agentId: "agent-1" },
      { tool: "tool-1" },
      { sessionId: "s-1" },
      { decision: "deny" },
    ]);
    const parts = new Set(
      ["agentId", "sessionId", "payload:/tool", "payload:/n", "payload"].filter(() => this.random.below(3) === 0),
    );
    const found: ErasingEvent[] = [];
    const driver = new PostgresErasureDriver(this.pool);
    const { items } = await this.storage.audit.query(filter, { limit: 100 });
    const rows =
      (await this.storage.evidenceSupport?.rows(await this.#seqsOf(items.map(({ eventId }) => eventId)))) ?? [];
    const markers = new Map(
      (await driver.erased(rows.map(({ event }) => event))).map((one) => [one.eventId, one.parts]),
    );
    for (const { event } of rows) {
      const before = markers.get(event.eventId) ?? [];
      const going = findParts(event, parts, before).parts;
      if (going.length === 0) continue;
      const after = withoutParts(event, [...before, ...going]);
      found.push({ event, after, parts: going, before, marker: markerOf(before, going, after.payload) });
    }
    const outcome = await driver.erase({ erasureId: randomUUID(), events: found });
    expect(outcome).toEqual({ outcome: "erased" });
    const stored = (await this.storage.evidenceSupport?.rows(rows.map(({ seq }) => seq))) ?? [];
    const expected = rows.map(({ event }) => found.find((one) => one.event === event)?.after ?? event);
    const content = (of: readonly AuditEventRow[]): Map<string, unknown> =>
      new Map(of.map((event) => [event.eventId, { ...event, payload: event.payload && JSON.parse(event.payload) }]));
    expect(content(stored.map(({ event }) => event))).toEqual(content(expected));
    return `erase ${[...parts].join()} of ${found.length} events of ${JSON.stringify(filter)}`;
  }

  async #seqsOf(ids: readonly string[]): Promise<number[]> {
    const found = await this.lent.sql<{ seq: number }[]>`
      SELECT seq::float8 AS seq FROM audit_events WHERE event_id::text = ANY (string_to_array(${ids.join()}, ','))`;
    return found.map(({ seq }) => seq);
  }

  async #compress(): Promise<string> {
    if (this.storage.capabilities.compression.status !== "supported") return "no compression";
    const partition = await this.#partition();
    if (partition === undefined || this.#open.length > 0) return "nothing to compress";
    await this.storage.partitions.compress(partition);
    return `compress ${partition.id}`;
  }

  #event(): NewAuditEvent {
    const { random } = this;
    const tool = random.maybe(["tool-1", "tool-2", "tool, {3}"]);
    const payload = random.maybe([{ n: 1 }, { n: 2, text: "x".repeat(50) }, { lone: "\uD800" }]);
    const [from, length] = random.below(2) === 0 ? [BUSY.from, BUSY.hours * 3_600_000] : [FROM, DAYS * DAY];
    return {
      ts: new Date(from + Math.floor(random.next() * length)),
      agentId: random.of(["agent-0", "agent-1", 'agent "2"']),
      action: random.of(["tool_call", "message"]),
      decision: random.of(["allow", "deny"]),
      dryRun: random.below(4) === 0,
      ...(random.below(2) === 0 ? {} : { teamId: random.of(["red", "blue"]) }),
      ...(random.below(2) === 0 ? {} : { matchedRuleId: "rule-1" }),
      ...(random.below(2) === 0 ? {} : { sessionId: `s-${random.below(3)}` }),
      ...(payload === undefined && tool === undefined ? {} : { payload: { ...payload, ...(tool && { tool }) } }),
    };
  }
}

onProfiles(
  PROFILES,
  "after any history, counts say what the events say",
  async (profile) => {
    for (const seed of (process.env.AASM_TEST_COUNT_SEEDS ?? "1,2,3").split(",")) {
      const lent = await schemas.take(profile);
      const storage = await lent.open({ limits: LIMITS, lockTimeoutMs: 20_000, clock: () => NOW });
      await storage.agents.register({ agentId: "agent-1", metadata: { owner: "ann" } });
      const pool = new Pool({ ...parsePostgresOptions(lent.options), applicationName: "aasm test" });
      const history = new History(lent, storage, pool, new Random(`${profile} ${seed}`));
      const log: string[] = [];
      try {
        for (let n = 0; n < STEPS; n++) {
          log.push(await history.step());
          if (process.env.AASM_LOG) console.error(seed, n, log.at(-1));
          await history.check(`seed ${seed}, step ${n}, ${log.slice(-4).join("; ")}`);
        }
        await history.end();
        await history.check(`seed ${seed}, end`);
        expect(history.cut.rows).toBeGreaterThan(0);
        expect(history.cut.subtracted).toBeGreaterThan(0);
      } finally {
        await history.end();
        await pool.close();
      }
    }
  },
  5000 * Math.max(60, STEPS),
);

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceEvent } from "@agent-assembly/storage-core/backend";
import { createDatabase, startPostgres, type TestDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import {
  migratePostgres,
  postgresMigrationStatus,
  rebuildPostgresCounts,
  verifyPostgresCounts,
  verifyPostgresSchema,
} from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { collectTail, EVENT, listeningTail } from "../support/tails.js";

const run = promisify(execFile);
const EVENTS = 300;

const optionsOf = ({ url }: TestDatabase) => ({ url, timescaledb: "off", tailPollMs: 50 }) as const;

async function onDatabase<T>({ url }: TestDatabase, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect({ ...parsePostgresOptions({ url }), maxConnections: 1, applicationName: "aasm test" });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

describeNeeding("postgres", "a store that was dumped and restored on another server", async () => {
  const servers = await Promise.all(["from", "to"].map(() => startPostgres({ timescaledb: false, fsync: false })));
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  const [from, to] = servers as [(typeof servers)[0], (typeof servers)[0]];
  const { programs } = from;
  const old = await createDatabase(from.url, "dumped");
  await migratePostgres(optionsOf(old));
  const writer = await openPostgresStorage(optionsOf(old));
  afterAll(() => writer.close());
  // Numbers of transactions far beyond those of the new server.
  await onDatabase(old, (sql) =>
    sql.unsafe("DO $$ BEGIN FOR i IN 1..20000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"),
  );
  const tail = await listeningTail(writer, writer);
  for (let n = 0; n < EVENTS; n++) await writer.audit.append([{ ts: new Date(), ...EVENT, agentId: `old-${n}` }]);
  await tail.until(EVENTS);
  await tail.end();
  const count = await writer.audit.count();
  const { position } = tail;
  const [day] = await writer.partitions.list("audit");
  if (day === undefined) throw new Error("there is no partition");
  const { asOf } = await writer.partitions.measure(day);
  const sealed = (await writer.evidenceSupport?.next("", 120)) ?? { events: [], position: "" };
  // What the dump says of counts is wrong, so that no store that uses it answers right.
  await rebuildPostgresCounts(optionsOf(old));
  await onDatabase(old, (sql) =>
    sql.unsafe("UPDATE audit_count_cells SET events = ARRAY(SELECT 1000 FROM unnest(events))"),
  );

  const restored = async (label: string, flags: { dump: string[]; restore: string[] }, migrated = false) => {
    const database = await createDatabase(to.url, label);
    if (migrated) await migratePostgres(optionsOf(database));
    const file = `/tmp/${new URL(database.url).pathname.slice(1)}.dump`;
    await run(join(programs ?? "", "pg_dump"), ["-d", old.url, "-Fc", "-f", file, ...flags.dump]);
    await run(join(programs ?? "", "pg_restore"), ["-d", database.url, "--exit-on-error", ...flags.restore, file]);
    await run("rm", [file]);
    return database;
  };

  /** Counts, appends, follows and measures. */
  const works = async (database: TestDatabase, transactionsBeside: number): Promise<void> => {
    expect(await verifyPostgresSchema(optionsOf(database))).toEqual([]);
    const storage = await openPostgresStorage(optionsOf(database));
    try {
      expect(await storage.audit.count()).toBe(count);
      const measured = await storage.partitions.measure(day);
      expect(measured.rows).toBe(day.rows);
      expect(await verifyPostgresCounts(optionsOf(database))).toEqual([]);
      await onDatabase(database, (sql) => sql.unsafe("SELECT count_audit_events(1, 100)"));
      expect(await storage.audit.count()).toBe(count);
      const first = await listeningTail(storage, storage);
      const start = first.position;
      for (let n = 0; n < 50; n++) {
        await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: `new-${n}` }]);
        await onDatabase(database, (sql) =>
          sql.unsafe(
            `DO $$ BEGIN FOR i IN 1..${transactionsBeside} LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$`,
          ),
        );
      }
      await first.until(50);
      await first.end();
      for (let n = 0; n < 6; n++) {
        const [stored] = await onDatabase(database, (sql) => sql`SELECT count(*)::int AS n FROM audit_events`);
        expect(await storage.audit.count()).toBe(stored?.n);
        expect(await verifyPostgresCounts(optionsOf(database))).toEqual([]);
        await onDatabase(database, (sql) => sql.unsafe("SELECT count_audit_events(1, 100)"));
      }
      expect(await onDatabase(database, (sql) => sql.unsafe("SELECT * FROM count_audit_events(1, 100)"))).toEqual([
        { counted: "0", more: false },
      ]);
      const expected = Array.from({ length: 50 }, (_, n) => `new-${n}`);
      expect(first.agents).toEqual(expected);
      const again = collectTail(storage, start);
      await again.until(50);
      await again.end();
      expect(again.agents).toEqual(expected);
      expect((await storage.partitions.measure(day, { asOf: measured.asOf })).rows).toBe(day.rows);
      // What the old store gave out is refused, not taken for something else.
      const followed = collectTail(storage, position);
      const refused = { code: "invalid_argument", message: expect.stringMatching(/restored from a dump/) };
      await expect(followed.until(1)).rejects.toMatchObject(refused);
      await expect(storage.partitions.measure(day, { asOf })).rejects.toMatchObject(refused);
    } finally {
      await storage.close();
    }
  };

  const needsPrograms = (context: { skip(note?: string): void }): boolean => {
    if (programs === undefined) context.skip("the server runs in Docker, and its programs with it");
    return programs !== undefined;
  };

  it("says what is missing when only a part was restored, and migrating adds it", {
    timeout: 60_000,
  }, async (context) => {
    if (!needsPrograms(context)) return;
    const database = await restored("parts", { dump: [], restore: ["--section=pre-data", "--section=data"] });
    const [storage] = await Promise.all([openPostgresStorage({ ...optionsOf(database), migrate: "off" })]);
    const refused = { code: "schema_outdated", message: expect.stringMatching(/audit_origin .* "aasm migrate"/) };
    await expect(storage.partitions.measure(day)).rejects.toMatchObject(refused);
    expect(await storage.health()).toMatchObject({ problems: [expect.stringMatching(/audit_origin/)] });
    await storage.close();
    await expect(openPostgresStorage({ ...optionsOf(database), migrate: "check" })).rejects.toMatchObject(refused);
    expect(await postgresMigrationStatus(optionsOf(database))).toMatchObject({ state: "outdated" });
    const { steps } = await migratePostgres(optionsOf(database));
    expect(steps.map(({ name }) => name)).toEqual([expect.stringMatching(/restored/)]);
    const again = await openPostgresStorage({ ...optionsOf(database), migrate: "off" });
    expect((await again.partitions.measure(day)).rows).toBe(day.rows);
    await again.close();
  });

  it("needs a migration when only its data was restored, into a schema that was there", {
    timeout: 60_000,
  }, async (context) => {
    if (!needsPrograms(context)) return;
    const only = {
      dump: ["--data-only", "--exclude-table=aasm_migrations", "--exclude-table=metric_fold"],
      restore: ["--data-only", "--disable-triggers"],
    };
    const database = await restored("data_only", only, true);
    expect(await postgresMigrationStatus(optionsOf(database))).toMatchObject({ state: "outdated" });
    await expect(openPostgresStorage({ ...optionsOf(database), migrate: "check" })).rejects.toMatchObject({
      code: "schema_outdated",
    });
    await migratePostgres(optionsOf(database));
    expect(await postgresMigrationStatus(optionsOf(database))).toMatchObject({ state: "current" });
    await works(database, 1);
  });

  it("works without any other step", { timeout: 300_000 }, async (context) => {
    if (!needsPrograms(context)) return;
    // The transactions of the new server reach numbers that restored rows have.
    await works(await restored("whole", { dump: [], restore: [] }), 600);
  });

  it("is sealed from where the other server was, and each row once", { timeout: 60_000 }, async (context) => {
    if (!needsPrograms(context)) return;
    const database = await restored("sealing", { dump: [], restore: [] });
    const storage = await openPostgresStorage(optionsOf(database));
    try {
      for (let n = 0; n < 10; n++) await storage.audit.append([{ ts: new Date(), ...EVENT, agentId: `sealed-${n}` }]);
      const { events, position } = sealed;
      const rest = await allBehind(storage, position, 70);
      const agents = [...events, ...rest.events].map(({ event }) => event.agentId);
      const old = Array.from({ length: EVENTS }, (_, n) => `old-${n}`);
      expect(agents.filter((agent) => !agent.startsWith("sealed-"))).toEqual(expect.arrayContaining(old));
      expect(agents.slice(-10)).toEqual(Array.from({ length: 10 }, (_, n) => `sealed-${n}`));
      expect(agents).toHaveLength(await storage.audit.count());
      const ids = [...events, ...rest.events].map(({ event }) => event.eventId);
      expect(new Set(ids).size).toBe(agents.length);
      const keys = (at: string) => storage.evidenceSupport?.keys(at, undefined, 4096);
      expect(await keys(rest.position)).toHaveLength(agents.length);
      // Of what the dump brought along, a part is sealed.
      expect(await keys(position)).toHaveLength(events.length);
      const more = await storage.evidenceSupport?.next(position, 70);
      expect(await keys(more?.position ?? "")).toHaveLength(events.length + 70);
      const anew = await allBehind(storage, "", 70);
      expect(anew.events).toHaveLength(agents.length);
      expect(new Set(anew.events.map(({ seq }) => seq)).size).toBe(agents.length);
      expect(await storage.evidenceSupport?.next(anew.position, 70)).toMatchObject({ events: [], more: false });
    } finally {
      await storage.close();
    }
  });
});

/** All events to seal behind a position. */
async function allBehind({ evidenceSupport }: StorageBackend, after: string, limit: number) {
  if (evidenceSupport === undefined) throw new Error("the store keeps no evidence");
  const events: EvidenceEvent[] = [];
  for (let position = after; ; ) {
    const slice = await evidenceSupport.next(position, limit);
    events.push(...slice.events);
    position = slice.position;
    if (!slice.more) return { events, position };
  }
}

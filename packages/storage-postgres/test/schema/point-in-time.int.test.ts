import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, expect, it } from "vitest";
import { openPostgresStorage } from "../../src/backend.js";
import { connect, type Sql } from "../../src/driver/client/connect.js";
import { migratePostgres, verifyPostgresSchema } from "../../src/migrate.js";
import { parsePostgresOptions } from "../../src/options.js";
import { collectTail, EVENT, listeningTail } from "../support/tails.js";

const run = promisify(execFile);

type Options = Parameters<typeof openPostgresStorage>[0];

async function onDatabase<T>({ url }: Options, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect({ ...parsePostgresOptions({ url }), maxConnections: 1, applicationName: "aasm test" });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const refusal = (message: RegExp): object => ({ code: "invalid_argument", message: expect.stringMatching(message) });

describeNeeding(
  "own-servers",
  "a server that is restored to a point in time, chunks of TimescaleDB included",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "aasm-pitr-"));
    chmodSync(folder, 0o777);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const server = await startPostgres({
      timescaledb: true,
      fsync: false,
      settings: { archive_mode: "on", archive_command: `cp %p ${folder}/%f`, summarize_wal: "off" },
    });
    afterAll(() => server.stop());
    const { programs } = server;
    const database = await createDatabase(server.url, "pitr");
    const options: Options = { url: database.url, timescaledb: "prefer", tailPollMs: 50 };
    await onDatabase(options, (sql) => sql.unsafe("CREATE EXTENSION timescaledb"));
    await migratePostgres(options);
    const original = await openPostgresStorage(options);
    afterAll(() => original.close());

    const append = async (from: number, count: number): Promise<void> => {
      for (let n = from; n < from + count; n++) {
        const ts = new Date(Date.now() - (n % 3) * 8 * 86_400_000);
        await original.audit.append([{ ts, ...EVENT, agentId: `agent-${n}` }]);
      }
    };

    it("has what was committed by then, refuses positions behind it, and after the refresh every position of the original", {
      timeout: 180_000,
    }, async (context) => {
      if (programs === undefined) {
        context.skip("the server runs in Docker, and its programs with it");
        return;
      }
      await append(0, 30);
      const base = join(folder, "base");
      await run(join(programs, "pg_basebackup"), [
        "-d",
        server.url,
        "-D",
        base,
        "-X",
        "stream",
        "-c",
        "fast",
        "--no-sync",
      ]);
      await run(join(programs, "pg_verifybackup"), [base]);
      const early = await listeningTail(original, original);
      await append(30, 30);
      await early.until(30);
      await early.end();
      const [, first] = early.items;
      await original.retentionSupport.lease("retention", 60_000);
      const before = await allOf(original);
      const [{ name } = { name: "" }] = await onDatabase(
        options,
        (sql) => sql<{ name: string }[]>`SELECT pg_create_restore_point('before the mistake')::text AS name`,
      );
      expect(name).not.toBe("");
      const tail = await listeningTail(original, original);
      await append(60, 30);
      await tail.until(30);
      await tail.end();
      const [{ file } = { file: "" }] = await onDatabase(
        options,
        (sql) => sql<{ file: string }[]>`SELECT pg_walfile_name(pg_switch_wal()) AS file`,
      );
      await expect
        .poll(() =>
          onDatabase(options, async (sql) => {
            const [row] = await sql<{ last: string }[]>`SELECT last_archived_wal AS last FROM pg_stat_archiver`;
            return row !== undefined && row.last >= file;
          }),
        )
        .toBe(true);

      const restoredServer = await startPostgres({
        timescaledb: true,
        fsync: false,
        restoredFrom: base,
        settings: {
          archive_mode: "off",
          restore_command: `cp ${folder}/%f %p`,
          recovery_target_name: "before the mistake",
          recovery_target_action: "promote",
        },
      });
      try {
        const url = new URL(database.url);
        url.port = new URL(restoredServer.url).port;
        const there: Options = { ...options, url: url.href };
        await expect
          .poll(() =>
            onDatabase(there, async (sql) => (await sql`SELECT pg_is_in_recovery() AS recovering`)[0]?.recovering),
          )
          .toBe(false);
        const unmarked = await openPostgresStorage(there);
        try {
          const resumed = collectTail(unmarked, first?.position);
          await resumed.until(28);
          await expect(collectTail(unmarked, tail.position).until(1)).rejects.toMatchObject(
            refusal(/was made before .* the server was restored.*from: <time>/),
          );
          await unmarked.audit.append([{ ts: new Date(), ...EVENT, agentId: "unmarked" }]);
          await resumed.until(29);
          await resumed.end();
          expect(resumed.agents).toEqual([...early.agents.slice(2), "unmarked"]);
          await expect(collectTail(unmarked, tail.position).until(1)).rejects.toMatchObject(
            refusal(/was made before .* the server was restored.*from: <time>/),
          );
        } finally {
          await unmarked.close();
        }
        // As docs/backup.md says.
        await onDatabase(there, (sql) => sql.unsafe("REFRESH MATERIALIZED VIEW audit_origin"));
        expect(await verifyPostgresSchema(there)).toEqual([]);
        const restored = await openPostgresStorage(there);
        try {
          const events = await allOf(restored);
          expect(events.filter((event) => (event as { agentId: string }).agentId !== "unmarked")).toEqual(before);
          expect(await restored.partitions.list("audit")).toHaveLength(3);
          // The lease of a process that is gone ends by itself.
          expect(await restored.retentionSupport.lease("retention", 60_000)).toBeUndefined();
          await expect(collectTail(restored, tail.position).until(1)).rejects.toMatchObject(
            refusal(/was made by another store, or before this one was restored .*from: <time>/),
          );
          const followed = await listeningTail(restored, restored);
          await restored.audit.append([{ ts: new Date(), ...EVENT, agentId: "new" }]);
          await followed.until(1);
          await followed.end();
          expect(followed.agents).toEqual(["new"]);
        } finally {
          await restored.close();
        }
      } finally {
        await restoredServer.stop();
      }
    });
  },
);

async function allOf(storage: Awaited<ReturnType<typeof openPostgresStorage>>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of storage.audit.stream({}, { order: "oldest" })) events.push(event);
  return events;
}

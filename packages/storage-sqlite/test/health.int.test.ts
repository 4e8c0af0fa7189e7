import { rmSync, writeFileSync } from "node:fs";
import { isStorageError } from "@agent-assembly/storage-core";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { sqliteHealth } from "../src/health.js";
import { SQLITE_MIGRATIONS } from "../src/schema/migrations.js";
import { close, createDatabase, open } from "./support/open.js";
import { tempFolder } from "./support/temp-folder.js";

describe("sqliteHealth", () => {
  it("gives figures of a healthy database", async () => {
    const path = `${tempFolder()}/local.db`;
    const { writer, reader } = await open({ path });
    writer.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
      INSERT INTO audit_events (ts, recorded_at, event_id, agent_id, action, decision, dry_run)
      SELECT i, i, 'e', 'a', 'b', 'c', 0 FROM n; DELETE FROM audit_events WHERE ts <= 1000`);
    const health = await sqliteHealth(reader, path);
    expect(health).toMatchObject({
      status: "ok",
      backend: "sqlite",
      schemaVersion: SQLITE_MIGRATIONS.length,
      problems: [],
    });
    expect(health.serverVersion).toMatch(/^3\.\d+\.\d+$/);
    expect(health.latencyMs).toBeGreaterThan(0);
    expect(health.details).toMatchObject({ path, approximateEvents: 4000, journalMode: "wal" });
    for (const figure of ["fileBytes", "walBytes", "freeBytes", "diskFreeBytes"]) {
      expect(health.details[figure], figure).toBeGreaterThan(0);
    }
  });

  it("never scans: every statement reads single rows through an index", async () => {
    const { reader } = await open({ path: `${tempFolder()}/local.db` });
    const plan = reader
      .prepare<[], { detail: string }>(
        "EXPLAIN QUERY PLAN SELECT (SELECT min(seq) FROM audit_events), (SELECT max(seq) FROM audit_events)",
      )
      .all()
      .map((row) => row.detail);
    expect(plan.filter((detail) => detail.startsWith("SCAN") && !/CONSTANT ROW/.test(detail))).toEqual([]);
  });

  it("is degraded when the schema is not the code's", async () => {
    const path = `${tempFolder()}/local.db`;
    await createDatabase(path);
    new Database(path).exec("DELETE FROM aasm_migrations").close();
    const { reader } = await open({ path, migrate: "off" });
    const health = await sqliteHealth(reader, path);
    expect(health).toMatchObject({ status: "degraded", schemaVersion: 0 });
    expect(health.problems).toEqual([`schema version 0 of ${SQLITE_MIGRATIONS.length}; run "aasm migrate"`]);
  });

  it("is down when the file was deleted or overwritten", async () => {
    for (const damage of [(path: string) => rmSync(path), (path: string) => writeFileSync(path, "x".repeat(9000))]) {
      const path = `${tempFolder()}/local.db`;
      const { reader } = await open({ path });
      damage(path);
      const health = await sqliteHealth(reader, path);
      expect(health.status).toBe("down");
      expect(health.problems[0]).toContain(path);
    }
  });

  it("throws closed after closing", async () => {
    const path = `${tempFolder()}/local.db`;
    const connections = await open({ path });
    await close(connections);
    const error: unknown = await sqliteHealth(connections.reader, path).catch((reason: unknown) => reason);
    expect(isStorageError(error, "closed")).toBe(true);
  });
});

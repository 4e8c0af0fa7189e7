import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { HandFolder } from "../support/fold.js";
import { foldingOf, untilFolded } from "../support/folded.js";
import { tempFolder } from "../support/temp-folder.js";

const EVENTS = 2500;
const DAY = Date.UTC(2026, 0, 1);
const limits = { maxAgeMs: Number.POSITIVE_INFINITY };

/** A store of the first version of the schema, which kept no counts. */
async function olderStore(): Promise<string> {
  const path = `${tempFolder()}/local.db`;
  const storage = await openSqliteStorage({ path, limits });
  const events = Array.from({ length: EVENTS }, (_, n) => ({
    ts: new Date(DAY + n * 60_000),
    agentId: `agent-${n % 5}`,
    action: "tool_call",
    decision: "allow",
  }));
  await storage.audit.append(events);
  await storage.close();
  const db = new Database(path);
  const later = db.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'evidence\\_%' ESCAPE '\\'",
  );
  for (const name of later.pluck().all()) db.exec(`DROP TABLE ${name}`);
  db.exec(`DROP TABLE audit_count_keys; DROP TABLE audit_counts; DROP TABLE audit_count_state;
      DROP TABLE audit_dropped_keys; DROP TABLE audit_dropped_counts; DROP TABLE audit_erased; DROP TABLE erasures; DROP TABLE api_tokens;
      DROP INDEX audit_events_session; DROP INDEX audit_events_trace; DELETE FROM aasm_migrations WHERE version > 1`).close();
  return path;
}

it("an older schema that is left as it is is answered, and dropped from, by rows", async () => {
  const path = await olderStore();
  const storage = await openSqliteStorage({ path, limits, migrate: "off" });
  expect(await storage.audit.count({ agentId: "agent-1" })).toBe(EVENTS / 5);
  const [day] = await storage.partitions.list("audit");
  if (day === undefined) throw new Error("there is no partition");
  await storage.partitions.drop(day, { expect: { rows: day.rows } });
  expect(await storage.audit.summarize({}, { groupBy: ["decision"] })).toEqual([
    { key: { decision: "allow" }, count: EVENTS - day.rows },
  ]);
  await storage.close();
});

it.each([1024 ** 3, 0])(
  "an older schema has no counts of dropped events, and says so (scans inline up to %i bytes)",
  async (inlineScanBytes) => {
    const path = await olderStore();
    const storage = await openSqliteStorage({ path, limits, migrate: "off", inlineScanBytes });
    await expect(storage.audit.summarize({}, { includeDropped: true })).rejects.toMatchObject({
      code: "schema_outdated",
      remedy: expect.stringContaining('Run "aasm migrate"'),
      operation: "audit.summarize",
    });
    await storage.close();
  },
);

it("a migrated store answers exactly at once, and is counted by a process that stays", async () => {
  const path = await olderStore();
  const storage = await openSqliteStorage({ path, limits });
  expect(foldingOf(path).folded).toBe(0);
  expect(await storage.audit.count({ agentId: "agent-1" })).toBe(EVENTS / 5);
  await untilFolded(path);
  expect(await storage.audit.count({ agentId: "agent-1" })).toBe(EVENTS / 5);
  await storage.close();
  using folder = new HandFolder(path);
  expect(await folder.verify()).toEqual([]);
});

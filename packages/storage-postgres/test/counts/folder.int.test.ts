import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { expect, onTestFinished } from "vitest";
import { CountFolder } from "../../src/counts/folder.js";
import { countTables } from "../../src/counts/tables.js";
import { wrongCounts } from "../../src/counts/verify.js";
import type { Sql } from "../../src/driver/pool.js";
import { poolOn } from "../setup/database.js";
import { LentSchemas } from "../setup/lent-schemas.js";
import { onProfiles } from "../timescale/support.js";

const schemas = new LentSchemas("count_folder");
const HOUR = 3_600_000;

function events(count: number, from = 0): NewAuditEvent[] {
  const start = Math.floor(Date.now() / HOUR) * HOUR - HOUR;
  return Array.from({ length: count }, (_, n) => ({
    ts: new Date(start + from + n),
    agentId: `agent-${n % 5}`,
    action: "tool_call",
    decision: "allow",
  }));
}

async function counted(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    SELECT coalesce(sum(n), 0)::int AS n FROM audit_count_cells AS c, unnest(c.events) AS n WHERE c.cube = 1 AND c.level = 3`;
  return row?.n ?? 0;
}

onProfiles(
  ["postgres", "timescale-apache", "timescale-community"],
  "a store that appends many has them counted",
  async (profile) => {
    const { sql, options, open } = await schemas.take(profile);
    const storage = await open();
    await storage.audit.append(events(4000));
    await storage.audit.append(events(3000, 100_000));
    await expect.poll(() => counted(sql), { timeout: 20_000 }).toBe(7000);
    expect(await storage.audit.count()).toBe(7000);
    expect(await wrongCounts(sql, options.schema)).toEqual([]);
    // Few are not worth it.
    await storage.audit.append(events(10, 200_000));
    expect(await storage.audit.count()).toBe(7010);
    await storage.close();
    expect(await counted(sql)).toBe(7000);
  },
);

onProfiles(["postgres"], "what another process has appended is counted by one that stays", async (profile) => {
  const { sql, open } = await schemas.take(profile);
  await sql`
    INSERT INTO audit_events (ts, event_id, dry_run, agent_id, action, decision)
    SELECT now(), gen_random_uuid(), false, 'a', 'x', 'allow' FROM generate_series(1, 5000)`;
  await open();
  await expect.poll(() => counted(sql), { timeout: 20_000 }).toBe(5000);
});

onProfiles(["postgres"], "many that were appended just before are counted at the end", async (profile) => {
  const { sql, open } = await schemas.take(profile);
  const storage = await open();
  for (let n = 0; n < 12; n++) await storage.audit.append(events(10_000, n * 10_000));
  await storage.close();
  // Fewer may stay for the next process.
  expect(await counted(sql)).toBeGreaterThan(70_000);
});

onProfiles(
  ["postgres"],
  "a failure is a problem until it passes, and one of rights or of a server that is away is none",
  async (profile) => {
    const { options } = await schemas.take(profile);
    const pool = poolOn(options, { schema: options.schema });
    onTestFinished(() => pool.close());
    let code: string | undefined;
    const failing = {
      options: pool.options,
      transaction: async () => {
        throw Object.assign(new Error("as the test wants"), { code });
      },
    } as unknown as typeof pool;
    const outcomes: Record<string, number> = {};
    for (code of ["XX001", "08006", "42501", "25006"]) {
      const folder = new CountFolder(failing, countTables(options.schema));
      folder.added(60_000);
      await expect.poll(() => folder.attempts, { timeout: 5000 }).toBeGreaterThan(0);
      outcomes[code] = folder.problems.length;
      await folder.close();
    }
    expect(outcomes).toEqual({ XX001: 1, "08006": 0, "42501": 0, "25006": 0 });
  },
);

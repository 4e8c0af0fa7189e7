import { AUDIT_COLUMN_OF, COUNT_CUBES, COUNT_LEVEL_IDS } from "@agent-assembly/storage-core/backend";
import { expect } from "vitest";
import { LentSchemas } from "../setup/lent-schemas.js";
import { onProfiles } from "../timescale/support.js";

const schemas = new LentSchemas("count_cubes");

onProfiles(
  ["postgres", "postgres-15"],
  "the functions of the server count by the cubes, levels and sizes that the core lists",
  async (profile) => {
    const { sql, open } = await schemas.take(profile);
    const storage = await open();
    const members = { agentId: "a", teamId: "t", action: "x", decision: "allow", matchedRuleId: "r", dryRun: true };
    await storage.audit.append([{ ts: new Date(), ...members, payload: { tool: "u" } }]);
    await sql`SELECT count_audit_events(1, 10)`;
    const found = await sql<{ id: number; columns: string; levels: string; sized: boolean }[]>`
      SELECT k.cube AS id,
        (SELECT string_agg(m.key, ' ' ORDER BY m.key) FROM jsonb_each(to_jsonb(k) - ARRAY['id', 'cube', 'hash']) AS m
         WHERE m.value <> 'null') AS columns,
        string_agg(c.level::text, ' ' ORDER BY c.level) AS levels, bool_and(c.payload_bytes IS NOT NULL) AS sized
      FROM audit_count_keys AS k JOIN audit_count_cells AS c ON c.cube = k.cube AND k.id = ANY (c.keys)
      GROUP BY k.id ORDER BY k.cube`;
    const listed = COUNT_CUBES.map(({ id, dimensions, levels, sized }) => ({
      id,
      columns: dimensions
        .map((member) => AUDIT_COLUMN_OF[member])
        .sort()
        .join(" "),
      levels: levels
        .map((level) => COUNT_LEVEL_IDS[level])
        .sort()
        .join(" "),
      sized,
    }));
    expect([...found]).toEqual(listed.sort((one, other) => one.id - other.id));
  },
);

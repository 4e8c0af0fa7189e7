import type { Condition } from "@agent-assembly/storage-core/backend";
import {
  type ApprovalRow,
  createStateSupport,
  ProcessInvalidationChannel,
  whereApprovals,
} from "@agent-assembly/storage-core/state";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { getTableColumns } from "drizzle-orm";
import { PgDialect } from "drizzle-orm/pg-core";
import { afterAll, expect, it, vi } from "vitest";
import { whereSql } from "../../src/records/condition-sql.js";
import { openRecords } from "../../src/records/open-records.js";
import { tablesIn } from "../../src/schema/tables.js";
import { databaseOfFile, poolOn } from "../setup/database.js";

describeNeeding("postgres", "conditions of approvals", async () => {
  const pool = poolOn(await databaseOfFile("postgres", "record_plans"));
  afterAll(() => pool.close());
  const columns = getTableColumns(tablesIn(pool.options.schema).approvals);

  /** The plan where an index is taken if one serves. */
  async function planOf(
    where: Condition<ApprovalRow>,
    order = "",
  ): Promise<{ readonly plan: string; readonly params: unknown[] }> {
    const { sql, params } = new PgDialect().sqlToQuery(whereSql(columns, where));
    const lines = await pool.transaction(async (tx) => {
      await tx.unsafe("SET LOCAL enable_seqscan = off");
      const query = `EXPLAIN SELECT * FROM approvals WHERE ${sql} ${order} LIMIT 10`;
      return tx.unsafe<{ "QUERY PLAN": string }[]>(query, params as string[]);
    });
    return { plan: lines.map((line) => line["QUERY PLAN"]).join("\n"), params };
  }

  it.each([[["pending"]], [["claimed"]], [["claimed", "pending"]]])(
    "of %s ones are served by the index",
    async (values) => {
      const filter = [
        { field: "state", values },
        { field: "agentId", values: ["a", "b", "c"] },
      ] as const;
      const { plan, params } = await planOf(whereApprovals(filter, Date.now()), "ORDER BY submitted_at, request_id");
      expect(plan).toMatch(/Index Scan using approvals_open/);
      expect(plan).not.toMatch(/Sort|Filter:.*verdict/);
      expect(params).toContain('{"a","b","c"}');
    },
  );

  it("of old ones are served by indexes", async () => {
    const { approvals } = openRecords(pool);
    const remove = vi.spyOn(approvals, "remove");
    const support = createStateSupport(approvals, new ProcessInvalidationChannel(), {
      backend: "postgres",
      pollMs: 1000,
    });
    // The first request of a queue removes old ones.
    await support.openApprovals().submit({ agentId: "a", action: "b", request: 1 });
    const { plan } = await planOf(remove.mock.calls[0]?.[0] as Condition<ApprovalRow>);
    expect(plan).toMatch(/approvals_decided/);
    expect(plan).toMatch(/approvals_open/);
  });
});

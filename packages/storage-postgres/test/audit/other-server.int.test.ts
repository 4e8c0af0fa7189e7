import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, expect, it } from "vitest";
import { readCommitOrder } from "../../src/audit/commit-order.js";
import type { RowRange } from "../../src/audit/history/position.js";
import { selectWindow } from "../../src/audit/tail-sql.js";
import { openPostgresStorage } from "../../src/backend.js";
import { isOtherServer } from "../../src/driver/errors.js";
import { rows } from "../../src/driver/statement.js";
import { databaseOfFile, poolOn } from "../setup/database.js";
import { EVENT } from "../support/tails.js";

const FILTER = { from: undefined, to: undefined, texts: [], dryRun: undefined, payload: [] };
const all = (first: number, end: number): RowRange => ({ first, end, afterSeq: undefined });

/** A server that took over between two statements is one that has another history: here, one more timeline. */
describe.each(["postgres", "postgres-15", "timescale-apache"] as const)("on %s", (profile) => {
  describeNeeding(profile, "a statement that is meant for another server", async () => {
    const database = await databaseOfFile(profile, "other_server");
    const storage = await openPostgresStorage(database);
    const pool = poolOn(database);
    afterAll(async () => {
      await storage.close();
      await pool.close();
    });
    const takeOver = (number: number) =>
      pool.run(
        (sql) => sql`INSERT INTO audit_timelines (origin, number, timeline, first_xact)
        SELECT id, ${number}, timeline, pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM audit_origin`,
      );

    it("fails, whether it would find rows or none", async () => {
      await storage.audit.append(Array.from({ length: 20 }, () => ({ ts: new Date(), ...EVENT })));
      const order = await readCommitOrder(pool);
      const { next } = order.snapshot;
      const cases: [ranges: RowRange[], found: boolean][] = [
        [[all(1, next)], true],
        [[all(1, 2)], false],
        [[all(1, 2), all(3, next)], true],
        [[all(1, 2), all(2, 3)], false],
      ];
      const read = (ranges: RowRange[]) =>
        pool.run((sql) => rows(sql, selectWindow("audit_events", FILTER, ranges, order), true));
      for (const [ranges, found] of cases) expect((await read(ranges)).length > 0).toBe(found);
      await takeOver(1);
      for (const [ranges] of cases) {
        const failure: unknown = await read(ranges).catch((error: unknown) => error);
        expect(failure).toSatisfy(isOtherServer);
      }
    });

    it("fails as unavailable in the middle of a slice", async () => {
      for (let n = 0; n < 4; n++) {
        await storage.audit.append(Array.from({ length: 500 }, () => ({ ts: new Date(), ...EVENT })));
      }
      const [today] = await storage.partitions.list("audit");
      if (today === undefined) throw new Error("there is no partition");
      const { asOf } = await storage.partitions.measure(today);
      let read = 0;
      const reading = async (): Promise<void> => {
        for await (const _ of storage.partitions.read(today, { asOf })) if (++read === 1) await takeOver(2);
      };
      await expect(reading()).rejects.toMatchObject({
        code: "unavailable",
        retryable: true,
        message: expect.stringContaining("another server took over during the call"),
      });
      expect(read).toBeLessThan(2000);
    });
  });
});

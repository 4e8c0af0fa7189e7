import assert from "node:assert/strict";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, events, NOW } from "../../support/fixtures.js";

const MONTH = 31 * 86_400_000;

export const explainCases = defineCases([
  {
    id: "audit.explain.shares-out-the-range",
    title:
      "an explanation has each part of the range once, as kept counts or as events that are read, and what the counts have beyond it as subtracted",
    async run({ storage }) {
      const { audit } = await storage(ANY_TIME);
      await audit.append(events(10));
      const filter = { from: new Date(NOW - 3 * MONTH + 60_000), to: new Date(NOW + 1) };
      for (const groupBy of [[], ["decision"], ["agentId", "tool"], ["sessionId"]] as const) {
        const {
          source,
          counts,
          subtracted = [],
          events: read,
          countedBy,
          uncounted,
        } = await audit.explain(filter, { groupBy });
        const spans = [...counts, ...read].sort((a, b) => a.from.getTime() - b.from.getTime());
        const before = subtracted.find(({ to }) => to.getTime() === filter.from.getTime());
        const behind = subtracted.find(({ from }) => from.getTime() === filter.to.getTime());
        assert.deepEqual(
          subtracted,
          [before, behind].filter((span) => span !== undefined),
        );
        assert.deepEqual(
          spans.map(({ from }) => from),
          [before?.from ?? filter.from, ...spans.slice(0, -1).map(({ to }) => to)],
        );
        assert.deepEqual(spans.at(-1)?.to, behind?.to ?? filter.to);
        const readsEvents = read.length + subtracted.length + uncounted > 0;
        assert.equal(source, counts.length === 0 ? "events" : readsEvents ? "both" : "counts");
        assert.equal(countedBy.length === 0, counts.length === 0);
        assert.ok(counts.length === 0 || groupBy.every((member) => countedBy.includes(member)));
        assert.ok(counts.length > 0 || subtracted.length === 0);
        assert.ok(Number.isInteger(uncounted) && uncounted >= 0);
      }
    },
  },
  {
    id: "audit.explain.refuses",
    title: "an explanation refuses what a summary refuses",
    async run({ storage }) {
      const { audit } = await storage(ANY_TIME);
      await rejects(() => audit.explain({ agent: "a" } as never), "invalid_argument", /filter/);
      await rejects(() => audit.explain({}, { groupBy: ["when"] } as never), "invalid_argument", /request\.groupBy/);
      const hourly = { bucket: { every: "1h" }, includeDropped: true };
      await rejects(() => audit.explain({}, hourly), "invalid_argument", /request\.includeDropped/);
    },
  },
]);

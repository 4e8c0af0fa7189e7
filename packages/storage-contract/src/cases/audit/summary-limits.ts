import assert from "node:assert/strict";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event } from "../../support/fixtures.js";

const GROUPS = 1000;

/** How many groups a summary may have. */
export const summaryLimitCases = defineCases([
  {
    id: "audit.summary.too-many-groups",
    title:
      "as many groups as are allowed all come; one more is refused, never cut off, and a narrower filter answers again",
    async run({ storage }) {
      const { audit } = await storage({ ...ANY_TIME, limits: { ...ANY_TIME.limits, maxSummaryGroups: GROUPS } });
      const agent = (n: number): string => `agent-${n.toString().padStart(6, "0")}`;
      await audit.append(Array.from({ length: GROUPS }, (_, n) => event(n, { agentId: agent(n) })));
      const rows = await audit.summarize({}, { groupBy: ["agentId"] });
      assert.equal(rows.length, GROUPS);
      assert.deepEqual(rows[0], { key: { agentId: agent(0) }, count: 1 });
      assert.deepEqual(rows.at(-1), { key: { agentId: agent(GROUPS - 1) }, count: 1 });
      await audit.append([event(GROUPS, { agentId: "one more", decision: "deny" })]);
      await rejects(() => audit.summarize({}, { groupBy: ["agentId"] }), "invalid_argument", {
        message: /more than 1000 groups.*Narrow the filter/,
        option: "options.limits.maxSummaryGroups",
      });
      assert.equal((await audit.summarize({ decision: "allow" }, { groupBy: ["agentId"] })).length, GROUPS);
      assert.deepEqual(await audit.summarize({}, { groupBy: ["decision"] }), [
        { key: { decision: "allow" }, count: GROUPS },
        { key: { decision: "deny" }, count: 1 },
      ]);
    },
  },
]);

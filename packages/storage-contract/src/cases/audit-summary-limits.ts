import assert from "node:assert/strict";
import { MAX_SUMMARY_GROUPS } from "@agent-assembly/storage-core";
import { rejects } from "../assert.js";
import { defineCases } from "../contract-case.js";
import { ANY_TIME, event } from "../fixtures.js";

const CALL_EVENTS = 10_000;

/** How many groups a summary may have. */
export const summaryLimitCases = defineCases([
  {
    id: "audit.summary.too-many-groups",
    title: "100,000 groups all come; one more is refused, never cut off, and a narrower filter answers again",
    async run({ storage }) {
      const { audit } = await storage(ANY_TIME);
      const agent = (n: number): string => `agent-${n.toString().padStart(6, "0")}`;
      for (let from = 0; from < MAX_SUMMARY_GROUPS; from += CALL_EVENTS) {
        await audit.append(
          Array.from({ length: CALL_EVENTS }, (_, n) => event(from + n, { agentId: agent(from + n) })),
        );
      }
      const rows = await audit.summarize({}, { by: ["agent"] });
      assert.equal(rows.length, MAX_SUMMARY_GROUPS);
      assert.deepEqual(rows[0], { key: { agent: agent(0) }, count: 1 });
      assert.deepEqual(rows.at(-1), { key: { agent: agent(MAX_SUMMARY_GROUPS - 1) }, count: 1 });
      await audit.append([event(MAX_SUMMARY_GROUPS, { agentId: "one more", decision: "deny" })]);
      await rejects(
        () => audit.summarize({}, { by: ["agent"] }),
        "invalid_argument",
        /100000 groups.*narrow the filter/,
      );
      assert.equal((await audit.summarize({ decision: "allow" }, { by: ["agent"] })).length, MAX_SUMMARY_GROUPS);
      assert.deepEqual(await audit.summarize({}, { by: ["decision"] }), [
        { key: { decision: "allow" }, count: MAX_SUMMARY_GROUPS },
        { key: { decision: "deny" }, count: 1 },
      ]);
    },
  },
]);

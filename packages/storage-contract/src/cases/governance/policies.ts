import assert from "node:assert/strict";
import { GOVERNANCE_AGENT } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, NOW } from "../../support/fixtures.js";
import { changesOf, DIGEST, governanceEvents, recordOf, recordsOf } from "./support.js";

const ANN = { actor: "ann" };

/** What is recorded of policies. */
export const governancePolicyCases = defineCases([
  {
    id: "governance.policies.recorded",
    title: "a saved, activated or rolled back version is one event with who, why, and the versions before and after",
    async run({ storage }) {
      const { policies, audit } = await storage(ANY_TIME);
      const first = await policies.save({ name: "tools", source: "a: 1" }, { ...ANN, reason: "first" });
      await policies.activate("tools", 1, ANN);
      const second = await policies.save({ name: "tools", source: "a: 2" }, { actor: "bob" });
      await policies.activate("tools", 2, { actor: "bob", reason: "stricter" });
      await policies.rollback("tools", { ...ANN, reason: "too strict" });
      const events = await governanceEvents(audit);
      assert.ok(events.every(({ agentId, ts }) => agentId === GOVERNANCE_AGENT && ts.getTime() === NOW));
      const records = await recordsOf(audit);
      const saved = records.filter(({ change }) => change === "policy.saved");
      assert.equal(saved.length, 2);
      const of = (version: number) => saved.find(({ subject }) => subject.version === version);
      const facts = (version: number, { digest, size }: { digest: string; size: number }) => ({
        ...{ version, format: "yaml", size },
        source: `sha256:${digest}`,
      });
      assert.deepEqual(of(1), {
        ...{ change: "policy.saved", subject: { policy: "tools", version: 1 }, after: facts(1, first) },
        ...{ actor: "ann", reason: "first" },
      });
      assert.deepEqual(of(2), {
        ...{ change: "policy.saved", subject: { policy: "tools", version: 2 } },
        ...{ before: facts(1, first), after: facts(2, second), actor: "bob" },
      });
      assert.match(String(of(1)?.after?.source), DIGEST);
      const activated = records.filter(({ change }) => change === "policy.activated");
      assert.deepEqual(
        activated
          .map(({ before, after }) => [before ?? null, after])
          .toSorted((a, b) => (a[0] === null ? -1 : b[0] === null ? 1 : 0)),
        [
          [null, { version: 1 }],
          [{ version: 1 }, { version: 2 }],
        ],
      );
      const { before, after, reason } = await recordOf(audit, "policy.rolled_back");
      assert.deepEqual([before, after, reason], [{ version: 2 }, { version: 1 }, "too strict"]);
    },
  },
  {
    id: "governance.policies.unchanged",
    title:
      "saving the latest source again and activating the active version change and record nothing; refusals neither",
    async run({ storage }) {
      const { policies, audit } = await storage(ANY_TIME);
      await policies.save({ name: "tools", source: "a: 1" }, ANN);
      await policies.activate("tools", 1, ANN);
      const recorded = await changesOf(audit);
      await policies.save({ name: "tools", source: "a: 1" }, ANN);
      await policies.activate("tools", 1, ANN);
      await rejects(() => policies.save({ name: "tools", source: "a: 2" }, { ...ANN, expectedLatest: 7 }), "conflict");
      await rejects(() => policies.activate("tools", 7, ANN), "not_found");
      await rejects(() => policies.rollback("tools", ANN), "conflict");
      await rejects(() => policies.rollback("tools", { ...ANN, reason: "" }), "invalid_argument", /options\.reason/);
      assert.deepEqual(await changesOf(audit), recorded);
      assert.deepEqual(recorded, ["policy.activated", "policy.saved"]);
    },
  },
]);

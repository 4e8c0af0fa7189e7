import assert from "node:assert/strict";
import type { TailItem } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, NOW, UNRECORDED } from "../../support/fixtures.js";
import { Follower } from "../../support/follower.js";
import { changesOf, DIGEST, governanceEvents, recordOf, recordsOf } from "./support.js";

const BY = { actor: "ann", reason: "ticket 7" };
const AGENT = { agentId: "a", teamId: "red", credential: "key one", metadata: { tier: "gold" } };

function revisionIn(item: TailItem | undefined): unknown {
  return (item?.event.payload as { subject?: { revision?: number } } | undefined)?.subject?.revision;
}

/** What is recorded of agents. */
export const governanceAgentCases = defineCases([
  {
    id: "governance.agents.recorded",
    title: "each change of an agent is one event with who, why, what was and what is; heartbeats are none",
    async run({ storage }) {
      const { agents, audit } = await storage(ANY_TIME);
      await agents.register(AGENT, BY);
      const expiresAt = new Date(NOW + 60_000);
      await agents.update("a", { teamId: null, metadata: { tier: "silver" } }, { ...BY, expectedRevision: 1 });
      await agents.setEnforcementMode("a", "shadow", { ...BY, expiresAt });
      await agents.rotateIdentity("a", "key two", BY);
      await agents.heartbeat("a");
      await agents.markOffline("a");
      await agents.remove("a", BY);
      assert.deepEqual(await changesOf(audit), [
        "agent.credential_rotated",
        "agent.mode_changed",
        "agent.registered",
        "agent.removed",
        "agent.updated",
      ]);
      for (const record of await recordsOf(audit)) {
        assert.equal(record.actor, BY.actor);
        assert.equal(record.reason, BY.reason);
      }
      const registered = await recordOf(audit, "agent.registered");
      assert.deepEqual(registered.subject, { agentId: "a", revision: 1 });
      assert.equal(registered.before, undefined);
      assert.equal(registered.after?.teamId, "red");
      assert.equal(registered.after?.baseEnforcementMode, "enforce");
      const updated = await recordOf(audit, "agent.updated");
      assert.deepEqual(updated.subject, { agentId: "a", revision: 2 });
      assert.deepEqual(Object.keys(updated.after ?? {}).toSorted(), ["metadata", "teamId"]);
      assert.equal(updated.before?.teamId, "red");
      assert.equal(updated.after?.teamId, null);
      assert.equal(updated.before?.metadata, registered.after?.metadata);
      const { before, after } = await recordOf(audit, "agent.mode_changed");
      assert.deepEqual(before, { windowMode: null, windowExpiresAt: null });
      assert.deepEqual(after, { windowMode: "shadow", windowExpiresAt: expiresAt.toISOString() });
      const removed = await recordOf(audit, "agent.removed");
      assert.equal(removed.after, undefined);
      assert.equal(removed.before?.windowMode, "shadow");
    },
  },
  {
    id: "governance.agents.event",
    title: "the event of a change is about the agent and its team, is no decision, and a filter finds it",
    async run({ storage }) {
      const { agents, audit } = await storage(ANY_TIME);
      await agents.register(AGENT);
      const [event, ...more] = await governanceEvents(audit);
      assert.ok(event !== undefined && more.length === 0);
      assert.deepEqual(
        { agentId: event.agentId, teamId: event.teamId, decision: event.decision, dryRun: event.dryRun, ts: event.ts },
        { agentId: "a", teamId: "red", decision: "observed", dryRun: false, ts: new Date(NOW) },
      );
      assert.equal((event.payload as { actor?: string }).actor, undefined);
      assert.deepEqual((await audit.query({ agentId: "a", action: "governance" })).items, [event]);
      assert.equal(await audit.count({ teamId: "red" }), 1);
      assert.deepEqual(await audit.summarize({}, { groupBy: ["action"] }), [
        { key: { action: "governance" }, count: 1 },
      ]);
    },
  },
  {
    id: "governance.agents.digests",
    title: "credentials and metadata are recorded as digests that tell whether they changed, never as they are",
    async run({ harness, storage }) {
      const backend = await storage(ANY_TIME);
      await backend.agents.register({ ...AGENT, metadata: { mail: "ann@example.com" } });
      await backend.agents.rotateIdentity("a", "key two");
      const { before, after } = await recordOf(backend.audit, "agent.credential_rotated");
      assert.match(String(before?.credential), DIGEST);
      assert.match(String(after?.credential), DIGEST);
      assert.notEqual(before?.credential, after?.credential);
      assert.deepEqual([before?.credentialGeneration, after?.credentialGeneration], [1, 2]);
      const text = JSON.stringify(await harness.readStoredEvents(backend));
      for (const secret of ["key one", "key two", "ann@example.com"]) assert.ok(!text.includes(secret), secret);
    },
  },
  {
    id: "governance.agents.refused",
    title: "what is refused changes nothing and records nothing",
    async run({ storage }) {
      const { agents, audit } = await storage(ANY_TIME);
      await agents.register({ agentId: "a" });
      await rejects(() => agents.register({ agentId: "a" }, BY), "conflict");
      await rejects(() => agents.update("a", { name: "n" }, { expectedRevision: 7 }), "conflict");
      await rejects(() => agents.update("b", { name: "n" }, BY), "not_found");
      await rejects(() => agents.remove("b", BY), "not_found");
      for (const [options, message] of [
        [{ actor: "" }, /options\.actor/],
        [{ reason: "x".repeat(513) }, /options\.reason/],
        [{ why: "x" }, /unknown key "why"/],
      ] as const) {
        await rejects(() => agents.update("a", {}, options as never), "invalid_argument", message);
        await rejects(() => agents.register({ agentId: "b" }, options as never), "invalid_argument", message);
      }
      assert.deepEqual(await changesOf(audit), ["agent.registered"]);
      assert.equal((await agents.get("a"))?.revision, 1);
    },
  },
  {
    id: "governance.agents.races",
    title: "of racing changes each that took effect is recorded once, with its own revision",
    async run({ storage }) {
      const { agents, audit } = await storage(ANY_TIME);
      await agents.register({ agentId: "a" });
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          agents.update("a", { name: `name ${n}` }, n % 2 === 0 ? { expectedRevision: 1 } : {}),
        ),
      );
      const revisions = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value.revision] : []));
      const records = (await recordsOf(audit)).filter(({ change }) => change === "agent.updated");
      assert.deepEqual(
        records.map(({ subject }) => subject.revision as number).toSorted((a, b) => a - b),
        revisions.toSorted((a, b) => a - b),
      );
    },
  },
  {
    id: "governance.agents.tail",
    title: "a tail delivers recorded changes, in the order in which they took effect",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append([event(1)]);
      const [partition] = await backend.partitions.list("audit");
      assert.ok(partition !== undefined);
      const { asOf: after } = await backend.partitions.measure(partition);
      const follower = new Follower(backend, { action: "governance" }, { after });
      await backend.agents.register({ agentId: "a" });
      for (let n = 0; n < 5; n++) await backend.agents.update("a", { name: `name ${n}` });
      const revisions: unknown[] = [];
      while (revisions.length < 6) revisions.push(revisionIn(await follower.next()));
      await follower.stop();
      assert.deepEqual(revisions, [1, 2, 3, 4, 5, 6]);
    },
  },
  {
    id: "governance.off",
    title: "with governanceEvents false nothing is recorded, and every change is made as always",
    async run({ storage }) {
      const { agents, policies, holds, audit } = await storage(UNRECORDED);
      await agents.register(AGENT, BY);
      await policies.save({ name: "p", source: "a: 1" }, { actor: "ann" });
      await holds.place({ reason: "r", actor: "ann" });
      assert.equal((await agents.get("a"))?.revision, 1);
      assert.equal(await audit.count(), 0);
    },
  },
]);

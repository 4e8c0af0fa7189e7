import assert from "node:assert/strict";
import type { AgentFilter, AgentRecord, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../contract-case.js";
import { rejects } from "../support/assert.js";
import { ANY_TIME, NOW } from "../support/fixtures.js";
import { agentStateCases } from "./agent-states.js";

/** Quotes, wildcards, control characters, line ends, names of prototype members, other scripts, the longest text. */
const HOSTILE = [
  "'; DROP TABLE agent_registry; --",
  'quote"back\\slash',
  "100%_x",
  "$1 ? :name @x",
  "line\r\nend\ttab\u0001",
  "__proto__",
  "constructor",
  " leading and trailing ",
  "é",
  "e\u0301",
  "日本語🤖",
  "x".repeat(512),
];

async function idsOf(backend: StorageBackend, filter?: AgentFilter): Promise<string[]> {
  return (await backend.agents.list(filter)).items.map((agent) => agent.agentId);
}

export const agentCases = defineCases([
  {
    id: "agents.register.defaults",
    title: "an agent registered by id alone is enforced, at revision 1, without any optional member",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const expected: AgentRecord = {
        agentId: "a",
        enforcementMode: "enforce",
        baseEnforcementMode: "enforce",
        status: "registered",
        metadata: {},
        revision: 1,
        registeredAt: new Date(NOW),
        updatedAt: new Date(NOW),
      };
      assert.deepEqual(await backend.agents.register({ agentId: "a" }), expected);
      assert.deepEqual(await backend.agents.get("a"), expected);
      assert.deepEqual(await backend.agents.list(), { items: [expected] });
    },
  },
  {
    id: "agents.register.all-members",
    title: "every member of a new agent reads back, the credential as generation 1",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const members = { agentId: "a", name: "Agent A", teamId: "t", orgId: "o" };
      const metadata = { tier: "gold", nested: { list: [1, null, true, "é"] } };
      const expected: AgentRecord = {
        ...members,
        enforcementMode: "custom-mode",
        baseEnforcementMode: "custom-mode",
        identity: { credential: "key-1", generation: 1, rotatedAt: new Date(NOW) },
        status: "registered",
        metadata,
        revision: 1,
        registeredAt: new Date(NOW),
        updatedAt: new Date(NOW),
      };
      const given = { ...members, enforcementMode: "custom-mode", credential: "key-1", metadata };
      assert.deepEqual(await backend.agents.register(given), expected);
      assert.deepEqual(await backend.agents.get("a"), expected);
    },
  },
  {
    id: "agents.register.conflict",
    title: "registering a registered agent is a conflict and changes nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const before = await backend.agents.register({ agentId: "a", name: "first" });
      await rejects(backend.agents.register({ agentId: "a", name: "second" }), "conflict", /registered already/);
      assert.deepEqual(await backend.agents.get("a"), before);
    },
  },
  {
    id: "agents.register.bad-input",
    title: "bad members and unknown keys are refused with a hint, and nothing is registered",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const bad: unknown[] = [
        undefined,
        null,
        "a",
        {},
        { agentId: "" },
        { agentId: 7 },
        { agentId: "nul\u0000" },
        { agentId: "\ud800" },
        { agentId: "x".repeat(513) },
        { agentId: "a", name: 1 },
        { agentId: "a", enforcementMode: "" },
        { agentId: "a", metadata: [] },
        { agentId: "a", metadata: { n: Number.NaN } },
        { agentId: "a", revision: 1 },
      ];
      for (const one of bad) await rejects(() => backend.agents.register(one as never), "invalid_argument");
      const typo = { agentId: "a", teamID: "t" };
      await rejects(() => backend.agents.register(typo as never), "invalid_argument", /teamID.*Did you mean "teamId"/);
      assert.deepEqual(await backend.agents.list(), { items: [] });
    },
  },
  {
    id: "agents.get.unknown",
    title: "an unknown agent reads as undefined; an id that is none is refused",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      assert.equal(await backend.agents.get("unknown"), undefined);
      await rejects(() => backend.agents.get(""), "invalid_argument");
      await rejects(() => backend.agents.get(undefined as never), "invalid_argument");
    },
  },
  {
    id: "agents.update.sets-and-clears",
    title: "an update sets what is given, null clears, metadata is replaced whole, the revision goes up by one",
    async run({ storage }) {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => now });
      await backend.agents.register({ agentId: "a", name: "n", teamId: "t", orgId: "o", metadata: { x: 1, y: 2 } });
      now += 1000;
      const changed = await backend.agents.update("a", { name: null, teamId: "t2", metadata: { z: 3 } });
      assert.equal("name" in changed, false);
      assert.equal(changed.teamId, "t2");
      assert.equal(changed.orgId, "o");
      assert.deepEqual(changed.metadata, { z: 3 });
      assert.equal(changed.revision, 2);
      assert.deepEqual(changed.registeredAt, new Date(NOW));
      assert.deepEqual(changed.updatedAt, new Date(now));
      assert.deepEqual(await backend.agents.get("a"), changed);
      assert.equal((await backend.agents.update("a", { teamId: null }, { expectedRevision: 2 })).revision, 3);
      assert.deepEqual(await idsOf(backend, { teamId: "t2" }), []);
    },
  },
  {
    id: "agents.change.stale-revision",
    title: "every change with a stale expectedRevision is a conflict and changes nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.agents.register({ agentId: "a", name: "n" });
      const before = await backend.agents.update("a", { name: "m" });
      const stale = { expectedRevision: 1 };
      const changes = [
        () => backend.agents.update("a", { name: "late" }, stale),
        () => backend.agents.setEnforcementMode("a", "shadow", stale),
        () => backend.agents.rotateIdentity("a", "key", stale),
        () => backend.agents.markOffline("a", stale),
        () => backend.agents.remove("a", stale),
        () => backend.agents.update("a", { name: "early" }, { expectedRevision: 3 }),
      ];
      for (const change of changes) await rejects(change, "conflict", /revision 2/);
      assert.deepEqual(await backend.agents.get("a"), before);
    },
  },
  {
    id: "agents.change.unknown-agent",
    title: "every change of an unknown agent is not_found",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      const changes = [
        () => agents.update("a", { name: "n" }),
        () => agents.setEnforcementMode("a", "shadow"),
        () => agents.rotateIdentity("a", "key"),
        () => agents.heartbeat("a"),
        () => agents.markOffline("a"),
        () => agents.remove("a"),
        () => agents.update("a", {}, { expectedRevision: 1 }),
      ];
      for (const change of changes) await rejects(change, "not_found");
      assert.deepEqual(await agents.list(), { items: [] });
    },
  },
  {
    id: "agents.change.bad-input",
    title: "bad changes, modes, credentials and options are refused and change nothing",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      const before = await agents.register({ agentId: "a" });
      const changes = [
        () => agents.update("a", undefined as never),
        () => agents.update("a", { status: "online" } as never),
        () => agents.update("a", { name: "" }),
        () => agents.update("a", { metadata: null } as never),
        () => agents.update("a", {}, { expectedRevision: 0 }),
        () => agents.update("a", {}, { revision: 1 } as never),
        () => agents.setEnforcementMode("a", ""),
        () => agents.setEnforcementMode("a", "shadow", { expires: new Date(NOW + 1) } as never),
        () => agents.rotateIdentity("a", ""),
        () => agents.markOffline("a", { expectedRevision: 1.5 }),
        () => agents.remove("a", { force: true } as never),
      ];
      for (const change of changes) await rejects(change, "invalid_argument");
      assert.deepEqual(await agents.get("a"), before);
    },
  },
  {
    id: "agents.list.code-point-order",
    title: "the list is ordered by code point, beyond U+FFFF too",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const ordered = ["A", "B", "a", "a ", "a0", "aa", "b", "z", "é", "\uffff", "\u{10000}", "\u{1f916}"];
      for (const agentId of ordered.toReversed()) await backend.agents.register({ agentId });
      assert.deepEqual(await idsOf(backend), ordered);
      const first = await backend.agents.list({}, { limit: 10 });
      const rest = await backend.agents.list({}, { limit: 10, cursor: first.next });
      assert.deepEqual(
        [...first.items, ...rest.items].map((agent) => agent.agentId),
        ordered,
      );
    },
  },
  {
    id: "agents.list.pages",
    title: "pages of any size give every agent once, the last one without a cursor",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      const ids = Array.from({ length: 7 }, (_, n) => `agent-${n}`);
      for (const agentId of ids) await agents.register({ agentId, teamId: "t" });
      for (const limit of [1, 2, 3, 7, 8]) {
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await agents.list({ teamId: "t" }, { limit, cursor });
          assert.ok(page.items.length <= limit);
          seen.push(...page.items.map((agent) => agent.agentId));
          cursor = page.next;
        } while (cursor !== undefined);
        assert.deepEqual(seen, ids);
      }
      const { next } = await agents.list({ teamId: "t" }, { limit: 2 });
      await rejects(() => agents.list({ teamId: "u" }, { cursor: next }), "invalid_argument", /cursor/);
      await rejects(() => agents.list({ teamId: "t" }, { cursor: "x" }), "invalid_argument", /cursor/);
      await rejects(() => agents.list({}, { limit: 0 }), "invalid_argument");
      await rejects(() => agents.list({}, { limit: 1001 }), "invalid_argument");
    },
  },
  {
    id: "agents.list.filters",
    title: "team, org, status and mode filter alone and together, by one value or several; no value matches nothing",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      const { agents } = backend;
      await agents.register({ agentId: "a", teamId: "t1", orgId: "o1" });
      await agents.register({ agentId: "b", teamId: "t1", orgId: "o2", enforcementMode: "shadow" });
      await agents.register({ agentId: "c", teamId: "t2", orgId: "o1" });
      await agents.register({ agentId: "d" });
      await agents.heartbeat("a");
      await agents.markOffline("c");
      const expected: [AgentFilter, string[]][] = [
        [{}, ["a", "b", "c", "d"]],
        [{ teamId: "t1" }, ["a", "b"]],
        [{ teamId: ["t2", "t1"] }, ["a", "b", "c"]],
        [{ teamId: [] }, []],
        [{ teamId: "T1" }, []],
        [{ orgId: "o1" }, ["a", "c"]],
        [{ status: "online" }, ["a"]],
        [{ status: ["registered", "offline"] }, ["b", "c", "d"]],
        [{ enforcementMode: "shadow" }, ["b"]],
        [{ enforcementMode: "enforce", orgId: "o1", status: "offline" }, ["c"]],
      ];
      for (const [filter, ids] of expected) assert.deepEqual(await idsOf(backend, filter), ids, JSON.stringify(filter));
      await rejects(() => agents.list({ status: "asleep" as never }), "invalid_argument");
      await rejects(() => agents.list({ team: "t1" } as never), "invalid_argument", /unknown key "team"/);
    },
  },
  {
    id: "agents.remove.register-again",
    title: "removing returns the last state and frees the id; the next registration starts afresh",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      await agents.register({ agentId: "a", name: "n", credential: "key", metadata: { x: 1 } });
      const last = await agents.heartbeat("a");
      assert.deepEqual(await agents.remove("a", { expectedRevision: 2 }), last);
      assert.equal(await agents.get("a"), undefined);
      assert.deepEqual(await agents.list(), { items: [] });
      await rejects(agents.remove("a"), "not_found");
      const again = await agents.register({ agentId: "a" });
      assert.equal(again.revision, 1);
      assert.deepEqual(
        Object.keys(again).filter((key) => ["name", "identity", "lastSeenAt"].includes(key)),
        [],
      );
    },
  },
  {
    id: "agents.ids.hostile",
    title: "ids are text and nothing else: quotes, wildcards, control characters, prototype names, any script",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      for (const agentId of HOSTILE) {
        const given = { agentId, name: agentId, teamId: agentId, metadata: JSON.parse(`{"__proto__":1}`) as { x: 1 } };
        await backend.agents.register(given);
      }
      for (const agentId of HOSTILE) {
        const agent = await backend.agents.get(agentId);
        assert.equal(agent?.agentId, agentId);
        assert.equal(agent?.name, agentId);
        assert.equal(JSON.stringify(agent?.metadata), `{"__proto__":1}`);
        assert.deepEqual(await idsOf(backend, { teamId: agentId }), [agentId]);
        assert.equal((await backend.agents.update(agentId, { name: null })).revision, 2);
      }
      assert.equal((await backend.agents.list()).items.length, HOSTILE.length);
    },
  },
  {
    id: "agents.records.independent",
    title: "changing what was passed in or returned does not change what is stored",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      const metadata = { list: [1] };
      const returned = await agents.register({ agentId: "a", metadata });
      metadata.list.push(2);
      (returned.metadata as { list: number[] }).list.push(3);
      returned.registeredAt.setTime(0);
      const read = await agents.get("a");
      assert.deepEqual(read?.metadata, { list: [1] });
      (read as unknown as { metadata: { list: number[] } }).metadata.list.push(4);
      const [listed] = (await agents.list()).items;
      assert.deepEqual(listed?.metadata, { list: [1] });
      assert.deepEqual(listed?.registeredAt, new Date(NOW));
    },
  },
  ...agentStateCases,
]);

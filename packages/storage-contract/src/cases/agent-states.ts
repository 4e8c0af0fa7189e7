import assert from "node:assert/strict";
import type { AgentFilter, StorageBackend } from "@agent-assembly/storage-core";
import { defineCases } from "../contract-case.js";
import { rejects } from "../support/assert.js";
import { ANY_TIME, NOW } from "../support/fixtures.js";

async function idsOf(backend: StorageBackend, filter: AgentFilter): Promise<string[]> {
  return (await backend.agents.list(filter)).items.map((agent) => agent.agentId);
}

/** What changes with time: the enforcement mode, the credential, the status. */
export const agentStateCases = defineCases([
  {
    id: "agents.mode.window",
    title: "a window is in force until it expires; then base is back in get, in lists and in their filters",
    async run({ storage }) {
      let now = NOW;
      const backend = await storage({ ...ANY_TIME, clock: () => now });
      await backend.agents.register({ agentId: "a" });
      const expiresAt = new Date(NOW + 1000);
      const opened = await backend.agents.setEnforcementMode("a", "shadow", { expiresAt, expectedRevision: 1 });
      assert.equal(opened.enforcementMode, "shadow");
      assert.equal(opened.baseEnforcementMode, "enforce");
      assert.deepEqual(opened.enforcementWindow, { mode: "shadow", expiresAt });
      assert.equal(opened.revision, 2);
      now = NOW + 999;
      assert.equal((await backend.agents.get("a"))?.enforcementMode, "shadow");
      assert.deepEqual(await idsOf(backend, { enforcementMode: "shadow" }), ["a"]);
      assert.deepEqual(await idsOf(backend, { enforcementMode: "enforce" }), []);
      now = NOW + 1000;
      const closed = await backend.agents.get("a");
      assert.equal(closed?.enforcementMode, "enforce");
      assert.equal("enforcementWindow" in (closed as object), false);
      assert.equal(closed?.revision, 2);
      assert.deepEqual((await backend.agents.list()).items, [closed]);
      assert.deepEqual(await idsOf(backend, { enforcementMode: "shadow" }), []);
      assert.deepEqual(await idsOf(backend, { enforcementMode: ["enforce"] }), ["a"]);
    },
  },
  {
    id: "agents.mode.base",
    title: "setting the base mode ends a running window; a window that does not end in the future is refused",
    async run({ storage }) {
      const { agents } = await storage(ANY_TIME);
      await agents.register({ agentId: "a", enforcementMode: "observe" });
      await agents.setEnforcementMode("a", "shadow", { expiresAt: new Date(NOW + 1000) });
      const before = await agents.get("a");
      for (const offset of [0, -1]) {
        const expiresAt = new Date(NOW + offset);
        await rejects(() => agents.setEnforcementMode("a", "x", { expiresAt }), "invalid_argument", /future/);
      }
      const invalid = new Date(Number.NaN);
      await rejects(() => agents.setEnforcementMode("a", "x", { expiresAt: invalid }), "invalid_argument");
      assert.deepEqual(await agents.get("a"), before);
      const set = await agents.setEnforcementMode("a", "disabled");
      assert.equal(set.enforcementMode, "disabled");
      assert.equal(set.baseEnforcementMode, "disabled");
      assert.equal("enforcementWindow" in set, false);
      assert.deepEqual(await agents.get("a"), set);
    },
  },
  {
    id: "agents.identity.rotation",
    title: "each rotation is one generation more, starting at 1 where no credential was registered",
    async run({ storage }) {
      let now = NOW;
      const { agents } = await storage({ ...ANY_TIME, clock: () => now });
      await agents.register({ agentId: "with", credential: "key-1" });
      await agents.register({ agentId: "without" });
      now += 5;
      const rotated = await agents.rotateIdentity("with", "key-2", { expectedRevision: 1 });
      assert.deepEqual(rotated.identity, { credential: "key-2", generation: 2, rotatedAt: new Date(now) });
      assert.equal(rotated.revision, 2);
      assert.equal((await agents.rotateIdentity("with", "key-2")).identity?.generation, 3);
      const first = await agents.rotateIdentity("without", "key");
      assert.deepEqual(first.identity, { credential: "key", generation: 1, rotatedAt: new Date(now) });
      assert.deepEqual(await agents.get("without"), first);
    },
  },
  {
    id: "agents.status.heartbeat",
    title: "a heartbeat marks online and seen now; marking offline keeps when it was seen",
    async run({ storage }) {
      let now = NOW;
      const { agents } = await storage({ ...ANY_TIME, clock: () => now });
      await agents.register({ agentId: "a" });
      now += 10;
      const online = await agents.heartbeat("a");
      assert.equal(online.status, "online");
      assert.deepEqual(online.lastSeenAt, new Date(now));
      assert.equal(online.revision, 2);
      now += 10;
      const offline = await agents.markOffline("a", { expectedRevision: 2 });
      assert.equal(offline.status, "offline");
      assert.deepEqual(offline.lastSeenAt, new Date(now - 10));
      assert.deepEqual(await agents.get("a"), offline);
    },
  },
]);

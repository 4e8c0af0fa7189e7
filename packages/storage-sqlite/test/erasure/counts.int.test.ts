import { join } from "node:path";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { HandFolder } from "../support/fold.js";
import { tempFolder } from "../support/temp-folder.js";

const event = (n: number) => ({
  ts: new Date(Date.now() - n * 600_000),
  agentId: n % 3 === 0 ? "subject" : `agent-${n % 5}`,
  action: "tool_call",
  decision: n % 2 === 0 ? "allow" : "deny",
  payload: { tool: n % 3 === 0 ? "mail" : "read", n },
});

const REQUEST = {
  filter: { agentId: "subject" },
  parts: ["agentId", "payload:/tool"],
  request: "ticket 4711",
  basis: "Art. 17(1)(b)",
};

it("counts are those of the events after an erasure: of counted events, of uncounted ones, and of a slice on its way", async () => {
  const path = join(tempFolder(), "store.db");
  await using storage = await openSqliteStorage({ path });
  using folder = new HandFolder(path);
  await storage.audit.append(Array.from({ length: 300 }, (_, n) => event(n)));
  await folder.fold(200);
  const onItsWay = folder.slice(1000);

  expect((await storage.erase(REQUEST)).events).toBe(100);
  expect(await folder.apply(onItsWay)).toBe(false);
  expect(await folder.verify()).toEqual([]);
  await folder.fold();
  expect(await folder.verify()).toEqual([]);
  const byAgent = await storage.audit.summarize({ action: "tool_call" }, { groupBy: ["agentId"] });
  expect(byAgent.map(({ key }) => key.agentId)).not.toContain("subject");
  expect(byAgent.find(({ key }) => key.agentId === "erased")?.count).toBe(100);

  await storage.audit.append(Array.from({ length: 30 }, (_, n) => event(300 + n)));
  await folder.fold();
  expect((await storage.erase(REQUEST)).events).toBe(110);
  expect(await folder.verify()).toEqual([]);
});

it("keys of counts that no cell has are removed, and those of other events stay", async () => {
  const path = join(tempFolder(), "store.db");
  await using storage = await openSqliteStorage({ path });
  using folder = new HandFolder(path);
  await storage.audit.append(Array.from({ length: 30 }, (_, n) => event(n)));
  await folder.fold();
  const raw = new Database(path, { readonly: true });
  const keys = (): unknown[] => raw.prepare("SELECT DISTINCT agent_id FROM audit_count_keys ORDER BY 1").pluck().all();
  const agents = [0, 1, 2, 3, 4].map((n) => `agent-${n}`);
  expect(keys()).toEqual([null, ...agents, "subject"]);
  await storage.erase({ ...REQUEST, filter: { agentId: "subject", decision: "allow" } });
  expect(keys()).toEqual([null, ...agents, "erased", "subject"]);
  await storage.erase(REQUEST);
  expect(keys()).toEqual([null, ...agents, "erased"]);
  raw.close();
});

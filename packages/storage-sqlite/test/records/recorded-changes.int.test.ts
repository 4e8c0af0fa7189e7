import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { tempFolder } from "../support/temp-folder.js";

const WHY = { reason: "case 7", actor: "ann" };

describe("changes that are recorded", () => {
  it("are not made when they cannot be recorded", async () => {
    const path = `${tempFolder()}/a.db`;
    await using storage = await openSqliteStorage({ path });
    await storage.agents.register({ agentId: "kept", name: "before" });
    await storage.policies.save({ name: "p", source: "a: 1" }, { actor: "ann" });
    const hold = await storage.holds.place(WHY);
    const queue = storage.stateSupport?.openApprovals?.();
    const request = { requestId: "r", agentId: "a", action: "tool_call", request: { n: 1 } };
    const { digest } = (await queue?.submit(request)) ?? { digest: "" };
    const before = await storage.audit.count();
    const db = new Database(path);
    db.exec(`CREATE TRIGGER refuse_records BEFORE INSERT ON audit_events WHEN NEW.action = 'governance'
      BEGIN SELECT RAISE(ABORT, 'no room'); END`);
    db.close();
    const calls: (() => Promise<unknown> | undefined)[] = [
      () => storage.agents.register({ agentId: "new" }),
      () => storage.agents.update("kept", { name: "after" }),
      () => storage.agents.remove("kept"),
      () => storage.policies.save({ name: "p", source: "a: 2" }, { actor: "ann" }),
      () => storage.policies.activate("p", 1, { actor: "ann" }),
      () => storage.holds.place(WHY),
      () => storage.holds.release(hold.holdId, WHY),
      () => queue?.submit({ ...request, requestId: "r2" }),
      () => queue?.decide("r", { approver: "ann", verdict: "approve", digest }),
    ];
    for (const call of calls) await expect(Promise.resolve(call()), call.toString()).rejects.toThrow();
    expect(await storage.agents.get("new")).toBeUndefined();
    expect(await storage.agents.get("kept")).toMatchObject({ revision: 1, name: "before" });
    expect(await storage.policies.list()).toEqual([{ name: "p", latest: 1, active: null }]);
    expect(await storage.holds.list({ released: true })).toEqual([hold]);
    expect(await queue?.get("r2")).toBeUndefined();
    expect((await queue?.get("r"))?.state).toBe("pending");
    expect(await storage.audit.count()).toBe(before);
    await queue?.close();
  });
});

import { statSync } from "node:fs";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { expect, it } from "vitest";
import { tempFolder } from "../support/temp-folder.js";

it("moves the log into the file once no write is waiting", async () => {
  const path = `${tempFolder()}/local.db`;
  await using storage = await openSqliteStorage({ path });
  const events = Array.from({ length: 2000 }, (_, n) => ({
    ts: new Date(Date.now() - n),
    agentId: "a",
    action: "tool_call",
    decision: "allow",
    payload: "x".repeat(4000),
  }));
  await Promise.all(events.map((event) => storage.audit.append([event])));
  const before = statSync(path).size;
  await expect.poll(() => statSync(path).size).toBeGreaterThan(before + 4_000_000);
});

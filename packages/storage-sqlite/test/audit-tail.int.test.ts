import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSqliteStorage } from "../src/index.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aasm-tail-"));
  path = join(folder, "audit.db");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const event = (agentId: string) => ({ ts: new Date(), agentId, action: "tool_call", decision: "allow" });

/** Opens the store after another program has changed its file. */
async function openChanged(sql: string) {
  const first = await openSqliteStorage({ path });
  await first.audit.append([event("a")]);
  await first.close();
  const raw = new Database(path);
  raw.exec(sql);
  raw.close();
  return openSqliteStorage({ path });
}

describe("a tail of a file that another program wrote to", () => {
  it.each(["'x'", "1e300", "-5", "2.5", "x'00'", "9223372036854775807"])(
    "refuses %s as the newest sequence number, and does not block the event loop",
    async (value) => {
      await using storage = await openChanged(`UPDATE sqlite_sequence SET seq = ${value} WHERE name = 'audit_events'`);
      const next = async () => storage.audit.tail()[Symbol.asyncIterator]().next();
      await expect(next()).rejects.toMatchObject({
        code: "corrupt",
        message: expect.stringContaining("sqlite_sequence"),
      });
    },
  );

  it("passes over any number of deleted events at once", async () => {
    const first = await openSqliteStorage({ path });
    await first.audit.append([event("a"), event("b")]);
    const [partition] = await first.partitions.list("audit");
    const { asOf } = await first.partitions.measure(partition as NonNullable<typeof partition>);
    await first.close();
    const raw = new Database(path);
    raw.exec("UPDATE sqlite_sequence SET seq = 1000000000000 WHERE name = 'audit_events'");
    raw.close();
    await using storage = await openSqliteStorage({ path });
    const items = storage.audit.tail({}, { after: asOf })[Symbol.asyncIterator]();
    const next = items.next();
    await storage.audit.append([event("late")]);
    expect((await next).value).toMatchObject({ event: { agentId: "late" } });
    await items.return?.();
  });
});

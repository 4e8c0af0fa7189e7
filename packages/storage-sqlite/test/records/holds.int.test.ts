import type { Partition, StorageBackend } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { describe, expect, it, onTestFinished } from "vitest";
import { failureOf } from "../support/failure.js";
import { tempFolder } from "../support/temp-folder.js";

const START = Date.UTC(2026, 0, 1);
const WHY = { reason: "case 7", actor: "ann" };

async function opened(path: string): Promise<StorageBackend> {
  const storage = await openSqliteStorage({
    path,
    governanceEvents: false,
    limits: { maxAgeMs: Number.POSITIVE_INFINITY },
  });
  onTestFinished(() => storage.close());
  return storage;
}

/** 3,000 events of one day; every third is agent-2's. */
async function filled(storage: StorageBackend): Promise<Partition> {
  const events = Array.from({ length: 3000 }, (_, n) => ({
    ts: new Date(START + n),
    agentId: `agent-${n % 3}`,
    action: "tool_call",
    decision: "allow",
  }));
  await storage.audit.append(events);
  const [partition] = await storage.partitions.list("audit");
  if (partition === undefined) throw new Error("there are no partitions");
  return partition;
}

describe("a hold that is placed while a drop runs", () => {
  it.each(["the same handle", "another handle"])("by %s stops it before the next step", async (who) => {
    const path = `${tempFolder()}/local.db`;
    const storage = await opened(path);
    const other = who === "another handle" ? await opened(path) : storage;
    const partition = await filled(storage);
    let placed: Promise<unknown> | undefined;
    const told: number[] = [];
    const error = await failureOf(() =>
      storage.partitions.drop(partition, {
        expect: { rows: 3000 },
        onProgress(rows) {
          told.push(rows);
          placed ??= other.holds.place({ ...WHY, agentId: "agent-2" });
        },
      }),
    );
    await placed;
    expect(error.code).toBe("conflict");
    expect(error.message).toMatch(/a legal hold was placed .* (\d+) of 3000 rows were already deleted .* Plan again/);
    const gone = told.at(-1) ?? 0;
    expect(error.message).toContain(`${gone} of 3000`);
    expect(gone).toBeLessThan(3000);
    expect(await storage.audit.count()).toBe(3000 - gone);
    expect((await storage.partitions.measure(partition)).rows).toBe(3000 - gone);
  });

  it("on what the drop leaves alone does not stop it", async () => {
    const storage = await opened(`${tempFolder()}/local.db`);
    const partition = await filled(storage);
    let placed: Promise<unknown> | undefined;
    const dropped = await storage.partitions.drop(partition, {
      expect: { rows: 2000 },
      selection: { except: [{ agentId: "agent-2" }] },
      onProgress() {
        placed ??= storage.holds.place({ ...WHY, agentId: "agent-2" });
      },
    });
    await placed;
    expect(dropped).toEqual({ rows: 2000 });
    expect(await storage.audit.count({ agentId: "agent-2" })).toBe(1000);
  });
});

it("an aborted drop leaves the rest, and a later one finishes exactly", async () => {
  const storage = await opened(`${tempFolder()}/local.db`);
  const partition = await filled(storage);
  const { asOf } = await storage.partitions.measure(partition);
  const controller = new AbortController();
  let gone = 0;
  const onProgress = (rows: number): void => {
    gone = rows;
    controller.abort(new Error("enough"));
  };
  const drop = storage.partitions.drop(partition, {
    asOf,
    expect: { rows: 3000 },
    signal: controller.signal,
    onProgress,
  });
  await expect(drop).rejects.toThrow("enough");
  expect(gone).toBeGreaterThan(0);
  expect(gone).toBeLessThan(1000);
  await storage.audit.append([{ ts: new Date(START + 5), agentId: "late", action: "tool_call", decision: "allow" }]);
  const { rows } = await storage.partitions.measure(partition, { asOf });
  expect(rows).toBe(3000 - gone);
  expect(await storage.partitions.drop(partition, { asOf, expect: { rows } })).toEqual({ rows });
  expect((await storage.audit.query({})).items.map(({ agentId }) => agentId)).toEqual(["late"]);
});

import { describe, expect, it } from "vitest";
import type { AuditEventRow, PolicyVersionRow } from "../src/author-kit.js";
import { MemoryEventTable, MemoryKeyedTable, MemoryPolicyDriver } from "../src/memory/index.js";

interface Row {
  readonly id: string;
  readonly value: number;
}

const eventRow = (eventId: string, action = "x") => ({ ts: 1, eventId, action, payload: null }) as AuditEventRow;
const versionRow = (version: number) => ({ name: "p", version }) as PolicyVersionRow;
const refuse = (): never => {
  throw new Error("the disk is full");
};
const clock = () => 7;

describe("parts of the memory backend whose changes are recorded", () => {
  it("a table of records", async () => {
    const changes: Parameters<MemoryKeyedTable<Row>["apply"]>[0][] = [];
    const table = new MemoryKeyedTable<Row>("id", clock, { beforeChange: (change) => changes.push(change) });
    for (const id of ["a", "b", "c"]) await table.insert({ id, value: 1 });
    await table.insert({ id: "a", value: 2 });
    await table.replace("a", (stored, now) => stored && { ...stored, value: now });
    await table.replace("b", (stored) => stored);
    await table.replace("c", () => undefined);
    await table.remove({ member: "id", in: ["b"] }, 10);
    await table.remove({ member: "id", in: ["b"] }, 10);
    expect(changes).toEqual([
      ...["a", "b", "c"].map((id) => ({ rows: [[id, { id, value: 1 }]] })),
      { rows: [["a", { id: "a", value: 7 }]] },
      { rows: [["c", null]] },
      { rows: [["b", null]] },
    ]);
    const again = new MemoryKeyedTable<Row>("id", clock, { beforeChange: refuse });
    for (const change of changes) again.apply(change);
    expect(again.rows).toEqual(table.rows);
    await expect(again.insert({ id: "d", value: 1 })).rejects.toThrow("disk");
    await expect(again.replace("a", () => undefined)).rejects.toThrow("disk");
    await expect(again.remove({ member: "id", in: ["a"] }, 10)).rejects.toThrow("disk");
    expect(again.rows).toEqual(table.rows);
  });

  it("a table of records, with the events that record its changes", async () => {
    const changes: Parameters<MemoryKeyedTable<Row>["apply"]>[0][] = [];
    const stored: AuditEventRow[] = [];
    const table = new MemoryKeyedTable<Row>("id", clock, {
      beforeChange: (change) => changes.push(change),
      storeEvent: (event) => stored.push(event),
    });
    await table.insert({ id: "a", value: 1 }, eventRow("e1"));
    await table.insert({ id: "a", value: 1 }, eventRow("e2"));
    await table.replace(
      "a",
      (row) => row && { ...row, value: 2 },
      (before, after, now) => eventRow(`${before?.value} ${after?.value} ${now}`),
    );
    await table.replace(
      "a",
      (row) => row,
      () => eventRow("e3"),
    );
    await table.replace(
      "a",
      () => undefined,
      () => undefined,
    );
    expect(changes.map(({ event }) => event?.eventId)).toEqual(["e1", "1 2 7", undefined]);
    expect(stored.map(({ eventId }) => eventId)).toEqual(["e1", "1 2 7"]);
    const full = new MemoryKeyedTable<Row>("id", clock, {
      beforeChange: refuse,
      storeEvent: (event) => stored.push(event),
    });
    await expect(full.insert({ id: "a", value: 1 }, eventRow("e4"))).rejects.toThrow("disk");
    expect(stored).toHaveLength(2);
  });

  it("events, with their places in commit order", () => {
    const changes: Parameters<MemoryEventTable["apply"]>[0][] = [];
    const table = new MemoryEventTable((change) => changes.push(change));
    const rows = [eventRow("a"), eventRow("b"), eventRow("a"), eventRow("b", "y")];
    expect(table.insert(rows)).toEqual(["inserted", "inserted", "duplicate", "conflict"]);
    expect(table.insert(rows.slice(0, 1))).toEqual(["duplicate"]);
    table.remove([eventRow("b")]);
    table.remove([]);
    table.insert([eventRow("c")]);
    expect(changes).toEqual([
      { inserted: rows.slice(0, 2) },
      { removed: [{ ts: 1, eventId: "b" }] },
      { inserted: [eventRow("c")] },
    ]);
    const again = new MemoryEventTable(refuse);
    for (const change of changes) again.apply(change);
    const ofBoth = () => [table, again].map((one) => [one.sequence, one.committedAfter(0), one.ordered("newest")]);
    expect(ofBoth()[0]?.[1]).toEqual([
      [1, eventRow("a")],
      [3, eventRow("c")],
    ]);
    expect(ofBoth()[1]).toEqual(ofBoth()[0]);
    expect(() => again.insert([eventRow("d")])).toThrow("disk");
    expect(() => again.remove([eventRow("a")])).toThrow("disk");
    expect(ofBoth()[1]).toEqual(ofBoth()[0]);
  });

  it("policies", async () => {
    const changes: Parameters<MemoryPolicyDriver["apply"]>[0][] = [];
    const driver = new MemoryPolicyDriver((change) => changes.push(change));
    const activation = { name: "p", from: null, to: 1, kind: "activate", actor: "ann", at: 1 } as const;
    await driver.change("p", "none", () => ({ newVersion: versionRow(1), result: 1 }));
    await driver.change("p", "none", () => ({ newActivation: activation, result: 1 }));
    await driver.change("p", "none", () => ({ result: 1 }));
    expect(changes).toEqual([
      { name: "p", newVersion: versionRow(1) },
      { name: "p", newActivation: activation },
    ]);
    const again = new MemoryPolicyDriver(refuse);
    for (const change of changes) again.apply(change);
    const failing = again.change("p", "none", () => ({ newVersion: versionRow(2), result: 1 }));
    await expect(failing).rejects.toThrow("disk");
    for (const one of [driver, again]) {
      expect(await one.list()).toEqual([{ name: "p", latest: 1, active: 1 }]);
      expect(await one.activations("p")).toEqual([activation]);
    }
  });
});

import { describe, expect, it } from "vitest";
import { type Condition, predicateOf } from "../src/records/condition.js";
import { MemoryKeyedTable } from "../src/records/memory-table.js";

interface Row {
  readonly id: string;
  readonly team: string | null;
  readonly at: number | null;
}

const row = (id: string, team: string | null, at: number | null): Row => ({ id, team, at });
const rows = [row("a", "x", 1), row("b", "y", 2), row("c", null, 3), row("d", "x", null)];

const CASES: [string, Condition<Row>, string][] = [
  ["one of these texts", { member: "team", in: ["x", "z"] }, "ad"],
  ["one of no texts", { member: "team", in: [] }, ""],
  ["null", { member: "team", isNull: true }, "c"],
  ["not null", { member: "team", isNull: false }, "abd"],
  ["less", { member: "at", lt: 2 }, "a"],
  ["at most", { member: "at", lte: 2 }, "ab"],
  ["greater", { member: "at", gt: 2 }, "c"],
  ["at least", { member: "at", gte: 2 }, "bc"],
  ["less than zero, with null", { member: "at", lt: 0 }, ""],
  [
    "all",
    {
      and: [
        { member: "at", gte: 1 },
        { member: "team", in: ["x"] },
      ],
    },
    "a",
  ],
  ["all of none", { and: [] }, "abcd"],
  [
    "any",
    {
      or: [
        { member: "at", gte: 3 },
        { member: "team", in: ["y"] },
      ],
    },
    "bc",
  ],
  ["any of none", { or: [] }, ""],
  [
    "any in all",
    {
      and: [
        {
          or: [
            { member: "at", isNull: true },
            { member: "at", lte: 1 },
          ],
        },
      ],
    },
    "ad",
  ],
];

describe("a condition selects rows", () => {
  it.each(CASES)("%s", (_what, condition, ids) => {
    expect(rows.filter(predicateOf(condition)).map(({ id }) => id)).toEqual([...ids]);
  });
});

describe("a table in memory", () => {
  const filled = async (): Promise<MemoryKeyedTable<Row>> => {
    const table = new MemoryKeyedTable<Row>("id", () => 7);
    for (const one of rows) expect(await table.insert(one)).toBe(true);
    return table;
  };
  const all = { order: { by: ["id"] } } as const;

  it("keeps the row that has a key already", async () => {
    const table = await filled();
    expect(await table.insert(row("a", "other", 9))).toBe(false);
    expect(await table.find("a")).toEqual(rows[0]);
  });

  it("lists either way from behind a row, up to a limit", async () => {
    const table = await filled();
    const ids = async (request: Parameters<typeof table.list>[0]) => (await table.list(request)).map(({ id }) => id);
    expect(await ids({ ...all, after: ["a"], limit: 2 })).toEqual(["b", "c"]);
    expect(await ids({ order: { by: ["id"], direction: "descending" }, after: ["c"] })).toEqual(["b", "a"]);
  });

  it("replaces, makes and removes rows by one change, which gets the time", async () => {
    const table = await filled();
    expect(await table.replace("a", (stored, now) => stored && { ...stored, at: now })).toEqual(row("a", "x", 7));
    expect(await table.replace("e", (stored) => stored ?? row("e", null, 5))).toEqual(row("e", null, 5));
    expect(await table.replace("b", () => undefined)).toBeUndefined();
    expect((await table.list(all)).map(({ id }) => id)).toEqual(["a", "c", "d", "e"]);
    const failing = table.replace("a", () => {
      throw new RangeError("no");
    });
    await expect(failing).rejects.toThrow(RangeError);
    expect(await table.find("a")).toEqual(row("a", "x", 7));
  });

  it("counts and removes up to a limit", async () => {
    const table = await filled();
    expect(await table.count({ member: "team", in: ["x", "y"] }, 2)).toBe(2);
    await table.remove({ member: "team", in: ["x"] }, 1);
    expect((await table.list(all)).map(({ id }) => id)).toEqual(["b", "c", "d"]);
  });
});

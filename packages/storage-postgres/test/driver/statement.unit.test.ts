import { expect, it } from "vitest";
import type { Sql } from "../../src/driver/client/connect.js";
import { eachRow } from "../../src/driver/statement.js";

type OnRow = (row: readonly unknown[]) => void;

/** A client that keeps what it was given, as the driver's queries do until the next collection of old objects. */
function keepingClient(kept: OnRow[], answer: () => Promise<unknown>): Sql {
  const forEach = (onRow: OnRow): Promise<unknown> => {
    kept.push(onRow);
    onRow(["row"]);
    return answer();
  };
  const query = { values: () => ({ forEach }) };
  return { unsafe: () => query } as unknown as Sql;
}

it.each([
  ["answered", () => Promise.resolve()],
  ["failed", () => Promise.reject(new Error("the connection was lost"))],
])("a query that was %s does not refer to what is made of its rows", async (_, answer) => {
  const kept: OnRow[] = [];
  const made: unknown[] = [];
  const reading = eachRow(keepingClient(kept, answer), { text: "SELECT 1", values: [] }, true, ([value]) => {
    made.push(value);
  });
  await reading.catch(() => undefined);
  expect(made).toEqual(["row"]);
  kept[0]?.(["late"]);
  expect(made).toEqual(["row"]);
});

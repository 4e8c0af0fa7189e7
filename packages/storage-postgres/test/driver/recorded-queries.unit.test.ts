import postgres from "postgres";
import { expect, it } from "vitest";
import { RecordedQueries } from "../../src/driver/recorded-queries.js";

it("a statement that cannot be cancelled, since no server is there, does not end the process", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): number => unhandled.push(error);
  process.on("unhandledRejection", note);
  const sql = postgres({ host: "127.0.0.1", port: 1, max: 1 });
  try {
    const queries = new RecordedQueries();
    const query = queries.recorded(sql, true)`SELECT 1`;
    // As one that a server runs, to which there is no further connection.
    Object.assign(query, { state: { pid: 1, secret: 1 }, active: true });
    queries.end();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(unhandled).toEqual([]);
    expect(Reflect.get(query, "canceller")).toBe(null);
  } finally {
    process.off("unhandledRejection", note);
    await sql.end({ timeout: 0 });
  }
});

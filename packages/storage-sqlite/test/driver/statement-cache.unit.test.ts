import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { StatementCache } from "../../src/driver/statement-cache.js";

test("keeps no more than two hundred statements of a kind, and the newest among them", () => {
  const connection = new Database(":memory:");
  onTestFinished(() => void connection.close());
  let prepared = 0;
  const prepare = connection.prepare.bind(connection);
  connection.prepare = ((sql: string) => {
    prepared++;
    return prepare(sql);
  }) as typeof connection.prepare;
  const cache = new StatementCache(connection);
  for (let n = 0; n < 1000; n++) cache.rows(`SELECT ${n}`);
  expect(prepared).toBe(1000);
  for (let n = 800; n < 1000; n++) cache.rows(`SELECT ${n}`);
  expect(prepared).toBe(1000);
  cache.rows("SELECT 799");
  expect(prepared).toBe(1001);
});

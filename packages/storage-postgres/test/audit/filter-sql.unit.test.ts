import { expect, it } from "vitest";
import { selectPage } from "../../src/audit/filter-sql.js";

const FILTER = { from: undefined, to: undefined, texts: [], dryRun: undefined, payload: [] };

it("makes few statements of many limits", () => {
  const statements = Array.from({ length: 1000 }, (_, i) => ({
    limit: i + 1,
    ...selectPage({ table: "audit_events", filter: FILTER, order: "newest", after: undefined }, i + 1),
  }));
  const texts = new Set(statements.map(({ text }) => text));
  expect(texts.size).toBeLessThanOrEqual(17);
  for (const { limit, text, values } of statements) {
    expect(text.endsWith(` LIMIT ${limit}`) || (text.endsWith(" LIMIT $1::bigint") && values[0] === limit)).toBe(true);
  }
});

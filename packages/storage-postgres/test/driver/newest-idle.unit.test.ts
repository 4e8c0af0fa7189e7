import type postgres from "postgres";
import { expect, it } from "vitest";
import { newestIdleFirst } from "../../src/driver/client/newest-idle.js";

interface Query {
  options?: { onexecute?: (connection: unknown) => unknown };
}

/** A client whose queries are these. */
function clientOf(query: Query): postgres.Sql {
  return newestIdleFirst({ unsafe: () => query } as unknown as postgres.Sql);
}

const some = (): void => undefined;

it.each<[string, unknown]>([
  ["no queue", { idleTimer: { start: some } }],
  ["no timer", { queue: { push: some, shift: some, remove: some } }],
  ["another queue", { queue: {}, idleTimer: { start: some } }],
  ["nothing", {}],
])("a driver whose connections have %s is left as it is", (_, connection) => {
  const query: Query = { options: {} };
  clientOf(query).unsafe("SELECT 1");
  expect(query.options?.onexecute?.(connection)).toBe(true);
});

it("a driver whose queries have no options is left as it is", () => {
  const query: Query = {};
  expect(clientOf(query).unsafe("SELECT 1")).toBe(query);
  expect(query).toEqual({});
});

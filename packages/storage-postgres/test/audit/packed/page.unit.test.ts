import { parseAuditFilter } from "@agent-assembly/storage-core/backend";
import { expect, it } from "vitest";
import { PackedPage } from "../../../src/audit/packed/page.js";

const FIELDS = (ms: number, place: string) =>
  [
    ms,
    ms,
    `00000000-0000-4000-8000-00000000000${ms}`,
    "agent",
    "",
    "",
    "",
    "",
    "call",
    "allow",
    "f",
    "",
    "",
    "",
    place,
  ].join("\u001f");
const text = (...fields: string[]): string => fields.join("\u001f");
const newest = new PackedPage(parseAuditFilter({}), "newest");

it("reads the events of one row", () => {
  const events = newest.parse([text(FIELDS(2, ""), FIELDS(1, "p")), '[{"a":1}]', 2]);
  expect(events?.map(({ ts, payload }) => [ts.getTime(), payload])).toEqual([
    [2, undefined],
    [1, { a: 1 }],
  ]);
  expect(newest.parse([null, null, 0])).toEqual([]);
});

it.each([
  ["events that are out of order", text(FIELDS(1, ""), FIELDS(2, "")), null, 2],
  ["an event twice", text(FIELDS(1, ""), FIELDS(1, "")), null, 2],
  ["more values than events", text(FIELDS(2, ""), FIELDS(1, "")), null, 1],
  ["a payload that was left out", text(FIELDS(1, "l")), null, 1],
])("leaves to rows %s", (_, fields, payloads, count) => {
  expect(newest.parse([fields, payloads, count])).toBeUndefined();
});

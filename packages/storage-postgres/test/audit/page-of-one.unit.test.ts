import { expect, it } from "vitest";
import { MOST_TIES, pageAmong } from "../../src/audit/page-of-one.js";

const at = (ts: number, eventId: string) => ({ ts, eventId });

it("keeps what is in order, and leaves out what comes behind the page", () => {
  const events = [at(3, "b"), at(3, "a"), at(2, "d"), at(2, "c")];
  expect(pageAmong(events, "newest", 4)).toEqual(events);
  expect(pageAmong(events, "newest", 3)).toEqual(events.slice(0, 3));
});

it("puts events of one time in the order of their ids", () => {
  const events = [at(1, "b"), at(1, "a"), at(2, "d"), at(2, "e"), at(2, "c")];
  expect(pageAmong(events, "oldest", 4)).toEqual([at(1, "a"), at(1, "b"), at(2, "c"), at(2, "d")]);
  expect(pageAmong(events.toReversed(), "newest", 2)).toEqual([at(2, "e"), at(2, "d")]);
});

it("takes dates as it takes numbers", () => {
  const events = [1, 1].map((ts, i) => ({ ts: new Date(ts), eventId: i === 0 ? "b" : "a" }));
  expect(pageAmong(events, "oldest", 2)?.map(({ eventId }) => eventId)).toEqual(["a", "b"]);
});

it("makes no page where more of the last time may be left", () => {
  const events = Array.from({ length: 10 + MOST_TIES }, (_, n) => at(1, String(n)));
  expect(pageAmong(events, "oldest", 10)).toBeUndefined();
  expect(pageAmong(events.slice(1), "oldest", 10)).toHaveLength(10);
});

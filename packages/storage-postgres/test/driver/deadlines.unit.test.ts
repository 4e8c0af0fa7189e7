import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IdleHandles } from "../../src/driver/client/idle-handles.js";
import { Deadlines } from "../../src/driver/deadlines.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function watched() {
  const deadlines = new Deadlines(new IdleHandles());
  const late: string[] = [];
  const add = (name: string, inMs: number) => {
    const deadline = { at: performance.now() + inMs, late: () => late.push(name) };
    deadlines.add(deadline);
    return deadline;
  };
  return { deadlines, late, add };
}

it("each deadline passes once, however they were added, and one that was removed never", () => {
  const { deadlines, late, add } = watched();
  add("last", 3000);
  add("first", 1000);
  const removed = add("removed", 1500);
  add("second", 2000);
  deadlines.remove(removed);
  vi.advanceTimersByTime(1100);
  expect(late).toEqual(["first"]);
  vi.advanceTimersByTime(1000);
  expect(late).toEqual(["first", "second"]);
  vi.advanceTimersByTime(10_000);
  expect(late).toEqual(["first", "second", "last"]);
});

it("one timer serves all that are added and removed, and none is left behind the last", () => {
  const { deadlines, late, add } = watched();
  for (let n = 0; n < 100; n++) deadlines.remove(add("in time", 1000 + n));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(2000);
  expect(vi.getTimerCount()).toBe(0);
  add("late", 500);
  vi.advanceTimersByTime(600);
  expect(late).toEqual(["late"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("what is late may add a deadline", () => {
  const { deadlines, late, add } = watched();
  deadlines.add({ at: performance.now() + 100, late: () => add("after", 100) });
  vi.advanceTimersByTime(150);
  expect(late).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(late).toEqual(["after"]);
});

it("closing leaves no timer, also not that of work which ended long before its deadline", () => {
  const { deadlines, late, add } = watched();
  deadlines.remove(add("ended", 60_000));
  add("given up", 70_000);
  expect(vi.getTimerCount()).toBe(1);
  deadlines.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(100_000);
  expect(late).toEqual([]);
});

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { IdleHandles } from "../../src/driver/client/idle-handles.js";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function handle() {
  const calls: string[] = [];
  return { calls, ref: () => calls.push("ref"), unref: () => calls.push("unref") };
}

it("handles keep the process alive while something is asked, and a moment longer", () => {
  const handles = new IdleHandles();
  const one = handles.add(handle());
  expect(one.calls).toEqual(["unref"]);
  handles.use();
  expect(one.calls).toEqual(["unref", "ref"]);
  handles.rest();
  expect(one.calls).toEqual(["unref", "ref"]);
  vi.runAllTimers();
  expect(one.calls).toEqual(["unref", "ref", "unref"]);
});

it("one statement behind the other tells them nothing", () => {
  const handles = new IdleHandles();
  const one = handles.add(handle());
  handles.use();
  for (let n = 0; n < 10; n++) {
    handles.rest();
    handles.use();
  }
  vi.runAllTimers();
  expect(one.calls).toEqual(["unref", "ref"]);
});

it("one that was removed is told nothing more, and one that is added is told at once", () => {
  const handles = new IdleHandles();
  const removed = handles.add(handle());
  handles.remove(removed);
  handles.use();
  expect(removed.calls).toEqual(["unref"]);
  expect(handles.add(handle()).calls).toEqual(["ref"]);
});

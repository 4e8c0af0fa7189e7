import { describe, expect, it } from "vitest";
import { DeliveredTransactions, MAX_RECENT, NOTHING } from "../../src/audit/history/delivered.js";

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

function delivered(...steps: readonly (readonly number[])[]): DeliveredTransactions {
  const list = new DeliveredTransactions(NOTHING);
  for (const step of steps) {
    list.nextStep();
    for (const xact of step) list.add(xact);
  }
  return list;
}

describe("what was delivered", () => {
  it("is each transaction once, the newest last", () => {
    expect(delivered([5, 5, 7], [7, 9])).toMatchObject({ recent: [5, 7, 9], unlisted: undefined });
  });

  it("is forgotten when enough of later snapshots was delivered", () => {
    const list = delivered([1], numbers(2, MAX_RECENT + 1));
    expect(list).toMatchObject({ recent: numbers(2, MAX_RECENT + 1), unlisted: undefined });
  });

  it("is a range where one snapshot had more than is listed, until it is forgotten as a whole", () => {
    const one = numbers(1, MAX_RECENT + 8);
    const list = delivered(one);
    expect(list).toMatchObject({ recent: one.slice(8), unlisted: [1, 8] });
    list.nextStep();
    for (const xact of numbers(101, 100 + MAX_RECENT - 1)) list.add(xact);
    expect(list.unlisted).toEqual([1, one.length - 1]);
    list.add(200);
    expect(list.recent).toEqual([...numbers(101, 100 + MAX_RECENT - 1), 200]);
    expect(list.unlisted).toBeUndefined();
  });

  it("goes on from a position, of whose transactions all may be of one snapshot", () => {
    const list = new DeliveredTransactions({ recent: numbers(1, MAX_RECENT), unlisted: undefined });
    list.add(100);
    expect(list).toMatchObject({ recent: [...numbers(2, MAX_RECENT), 100], unlisted: [1, 1] });
  });
});

import { describe, expect, it } from "vitest";
import { Pace } from "../../src/folding/pace.js";

const look = (folded: number, newest: number) => ({ folded, newest, backlog: newest - folded });
const SLOW = { rows: 1000, upTo: 1000 };

describe("the pace of counting", () => {
  it("counts nothing at the first look, nor while there is little", () => {
    const pace = new Pace();
    expect(pace.turn(look(0, 1_000_000), 0).rows).toBe(0);
    const quiet = new Pace();
    for (let now = 0; now < 5; now++) expect(quiet.turn(look(0, 1999), now).rows).toBe(0);
  });

  it("counts in large slices, to the end, when nothing is stored", () => {
    const pace = new Pace();
    pace.turn(look(0, 100_000), 0);
    const { rows, isBusy } = pace.turn(look(0, 100_000), 200);
    expect([rows, isBusy]).toEqual([20_000, false]);
    pace.spent({ rows, upTo: rows }, 200, 300, 500);
    expect(pace.turn(look(rows, 100_000), 501).rows).toBeGreaterThan(1000);
    expect(pace.turn(look(rows, rows + 10), 502).isBusy).toBe(true);
    pace.turn(look(0, 5000), 510);
    pace.turn(look(0, 5000), 511);
    pace.spent({ rows: 4990, upTo: 4990 }, 50, 60, 600);
    expect(pace.turn(look(4990, 5000), 601).rows).toBeGreaterThan(0);
    expect(pace.turn(look(5000, 5000), 602).rows).toBe(0);
    // What comes now is little again.
    pace.turn(look(5000, 5010), 700);
    expect(pace.turn(look(5000, 5010), 900).rows).toBe(0);
  });

  it("waits until a burst is over, and takes a fiftieth of the time while events are stored for longer", () => {
    const pace = new Pace();
    let newest = 100_000;
    const busyTurn = (folded: number, now: number) => pace.turn(look(folded, ++newest), now);
    expect([0, 100, 9999].map((now) => busyTurn(0, now).rows)).toEqual([0, 0, 0]);
    const { rows, isBusy } = busyTurn(0, 10_000);
    expect(isBusy).toBe(true);
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThanOrEqual(5000);
    pace.spent(SLOW, 15, 25, 20_000);
    expect(busyTurn(1000, 21_249).rows).toBe(0);
    expect(busyTurn(1000, 21_250).rows).toBeGreaterThan(0);
    // No longer busy: at once.
    pace.spent({ rows: 10, upTo: 1010 }, 15, 25, 22_000);
    expect(pace.turn(look(1010, newest), 22_001).rows).toBeGreaterThan(0);
    // A burst after that goes undisturbed again.
    expect(busyTurn(1010, 22_100).rows).toBe(0);
  });

  it("makes slices smaller where they hold the lock for long", () => {
    const pace = new Pace();
    pace.turn(look(0, 100_000), 0);
    pace.turn(look(0, 100_000), 100);
    pace.turn(look(0, 100_001), 200);
    pace.spent({ rows: 1000, upTo: 1000 }, 100, 120, 300);
    expect(pace.turn(look(1000, 100_002), 20_000).rows).toBe(500);
  });

  it("leaves it to another process that is at it", () => {
    const pace = new Pace();
    pace.turn(look(0, 100_000), 0);
    expect(pace.turn(look(20_000, 100_000), 200).rows).toBe(0);
    expect(pace.turn(look(40_000, 100_000), 400).rows).toBe(0);
    // It has ended.
    expect(pace.turn(look(40_000, 100_000), 600).rows).toBeGreaterThan(0);
  });

  it("looks again soon while there is something to count, and waits when another was first", () => {
    const pace = new Pace();
    expect(pace.pause()).toBeGreaterThanOrEqual(2000);
    pace.turn(look(0, 100_000), 0);
    expect(pace.pause()).toBeLessThan(300);
    expect(pace.pause("lost")).toBeGreaterThanOrEqual(2000);
    expect(pace.pause(SLOW)).toBeLessThan(10);
  });
});
